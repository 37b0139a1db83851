#!/usr/bin/env bash
# Times the whole program against what people use today, in one run, and checks that the answers agree.
#
#   benches/whole.sh [--large] [--out FILE.md]
#
# --large     ten million lines as well (needs about 1.2 GB in $TMPDIR)
# --out       where the Markdown table goes; standard output otherwise
#
# RAPSHEET    the binary to time (default: release/rapsheet in the target folder)
# XTASK       the binary of the generator (default: built and run with cargo)
# RUNS        timed runs of each command (default 5)
# TMPDIR      where the logs are written
#
# Rivals: the pipe grep | grep -o | sort | uniq -c | sort (in the locale C, its best case, and in C.UTF-8, which is usual), and fail2ban-regex (on 100 000 lines,
# times ten for each million, because it takes half a minute a million).
#
# What is asserted, all of it on the same file:
#   1. the generator's counts equal the pipe's: addresses, lines that say `Failed password`, and the
#      address with the most of them;
#   2. `rapsheet sql` counts the generator's lines (coverage), and as many events that come from a line
#      with `Failed password` as the pipe finds such lines;
#   3. it finds as many addresses in those events as the pipe lists, and as many in all events as the
#      generator wrote (the pipe doesn't see those that never came to a password);
#   4. its attempts are at least the generator's wrong passwords. Here they can't be equal: the pipe counts
#      lines, rapsheet attempts, so `message repeated N times` is N, and a connection that ends
#      before a password is one, too.
#
# Needs hyperfine, GNU time (package `time`) and python3 (to read hyperfine's JSON).

set -euo pipefail
# To sort by bytes is the pipe's best case, and the same everywhere.
export LC_ALL=C

root=$(cd "$(dirname "$0")/.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
rapsheet=${RAPSHEET:-$target/release/rapsheet}
runs=${RUNS:-5}
large=0
out=/dev/stdout
while [ $# -gt 0 ]; do
    case $1 in
        --large) large=1 ;;
        --out) out=${2:?--out needs a file}; shift ;;
        *) echo "unknown argument \`$1\`; there are --large and --out" >&2; exit 2 ;;
    esac
    shift
done

for tool in hyperfine python3; do
    command -v "$tool" >/dev/null || { echo "\`$tool\` is not installed" >&2; exit 2; }
done
[ -x /usr/bin/time ] || { echo "GNU time is not installed (package \`time\`)" >&2; exit 2; }
[ -x "$rapsheet" ] || { echo "no binary at \`$rapsheet\`; cargo build --release, or set RAPSHEET" >&2; exit 2; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# The configuration and the history of whoever runs this must not matter.
export XDG_CONFIG_HOME=$work/config XDG_DATA_HOME=$work/data XDG_STATE_HOME=$work/state

generate() { # LINES NAME
    if [ -n "${XTASK:-}" ]; then
        "$XTASK" gen-logs --kind sshd --lines "$1" --seed 1 -o "$work/$2.log" 2>"$work/$2.facts"
    else
        (cd "$root" && cargo run --quiet --release --package xtask -- \
            gen-logs --kind sshd --lines "$1" --seed 1 -o "$work/$2.log") 2>"$work/$2.facts"
    fi
}

fact() { # NAME FACT
    awk -v name="$2" '$1 == name { $1 = ""; sub(/^ /, ""); print }' "$work/$1.facts"
}

fail() { echo "the answers differ: $*" >&2; exit 1; }

same() { # WHAT ONE OTHER
    [ "$2" = "$3" ] || fail "$1: $2 and $3"
    echo "agree: $1: $2" >&2
}

pipe_of() { # FILE, as one string for hyperfine's shell
    printf '%s' "grep 'Failed password' '$1' | grep -oE '([0-9]{1,3}\.){3}[0-9]{1,3}' | sort | uniq -c | sort -rn"
}

one_number() { # FILE SQL: the single number that rapsheet answers with
    "$rapsheet" sql "$2" "$1" --no-geo --format csv -q 2>/dev/null | tail -n 1 | tr -d '\r"'
}

check() { # NAME
    local file=$work/$1.log answer=$work/$1.pipe
    bash -c "$(pipe_of "$file")" >"$answer"
    same "addresses, pipe and generator" "$(wc -l <"$answer" | tr -d ' ')" "$(fact "$1" failed_password_addresses)"
    same "failed password lines, pipe and generator" \
        "$(awk '{ n += $1 } END { print n }' "$answer")" "$(fact "$1" failed_password_lines)"
    same "most lines of one address, pipe and generator" \
        "$(head -n 1 "$answer" | awk '{ print $1 }')" "$(fact "$1" loudest | awk '{ print $2 }')"

    same "lines, rapsheet and generator" \
        "$(one_number "$file" 'SELECT sum(lines) FROM coverage')" "$(fact "$1" lines)"
    local failed="message LIKE '%Failed password for%'" some all attempts
    some=$(one_number "$file" "SELECT count(*) FROM events WHERE $failed")
    same "failed password lines, rapsheet and pipe" "$some" "$(fact "$1" failed_password_lines)"
    some=$(one_number "$file" "SELECT count(DISTINCT source_ip) FROM events WHERE $failed")
    same "addresses with a failed password, rapsheet and pipe" "$some" "$(wc -l <"$answer" | tr -d ' ')"
    all=$(one_number "$file" 'SELECT count(DISTINCT source_ip) FROM events')
    same "addresses, rapsheet and generator" "$all" "$(fact "$1" addresses)"
    attempts=$(one_number "$file" 'SELECT sum(attempts) FROM events')
    [ "$attempts" -ge "$(fact "$1" failed_passwords)" ] ||
        fail "attempts: $attempts, and $(fact "$1" failed_passwords) wrong passwords"
}

peak() { # COMMAND...: KiB at the peak
    /usr/bin/time -v "$@" 2>"$work/time" >/dev/null
    awk -F': ' '/Maximum resident set size/ { print $2 }' "$work/time"
}

measure() { # NAME
    local file=$work/$1.log
    cat "$file" >/dev/null # into the page cache, for all alike
    hyperfine --warmup 1 --runs "$runs" --export-json "$work/$1.json" \
        --command-name 'rapsheet --no-geo' "'$rapsheet' --no-geo '$file' >/dev/null 2>&1" \
        --command-name 'rapsheet, built-in geo' "'$rapsheet' '$file' >/dev/null 2>&1" \
        --command-name 'grep, grep -o, sort, uniq -c, sort' "$(pipe_of "$file") >/dev/null" \
        --command-name 'the same in the locale C.UTF-8' "export LC_ALL=C.UTF-8; $(pipe_of "$file") >/dev/null" >&2
    peak "$rapsheet" --no-geo "$file" >"$work/$1.peak"
    peak "$rapsheet" "$file" >>"$work/$1.peak"
}

generate 1000000 million
check million
measure million
if command -v fail2ban-regex >/dev/null; then
    head -n 100000 "$work/million.log" >"$work/part.log"
    hyperfine --runs 1 --export-json "$work/part.json" \
        --command-name 'fail2ban-regex' "fail2ban-regex '$work/part.log' sshd >/dev/null" >&2
else
    echo "skipped: fail2ban-regex is not installed" >&2
fi
if [ "$large" = 1 ]; then
    generate 10000000 ten
    check ten
    measure ten
fi

python3 - "$work" "$(nproc)" >"$out" <<'PY'
import json, os, sys

work, cores = sys.argv[1], sys.argv[2]

def results(name):
    with open(os.path.join(work, name + ".json")) as file:
        return json.load(file)["results"]

print(f"On {cores} cores, one run of `benches/whole.sh`; the file is in the page cache.\n")
# The median: now and then a shared machine is slow to give memory, and a mean of ten runs is then a tale of that.
print("| lines | command | seconds: median (least to most) | against the pipe | peak memory |")
print("|--:|---|--:|--:|--:|")
for name, lines in (("million", "1 M"), ("ten", "10 M")):
    if not os.path.exists(os.path.join(work, name + ".json")):
        continue
    rows = results(name)
    pipe = rows[2]["median"]
    with open(os.path.join(work, name + ".peak")) as file:
        peaks = [f"{int(line) / 1024:.0f} MiB" for line in file]
    for row, peak in zip(rows, peaks + ["–", "–"]):
        time = f"{row['median']:.3f} ({row['min']:.3f} to {row['max']:.3f})"
        print(f"| {lines} | {row['command']} | {time} | {pipe / row['median']:.2f} × as fast | {peak} |")
    if name == "million" and os.path.exists(os.path.join(work, "part.json")):
        scaled = results("part")[0]["median"] * 10
        print(f"| 1 M | fail2ban-regex (0.1 M, times ten) | {scaled:.1f} | {pipe / scaled:.3f} × as fast | – |")
PY
