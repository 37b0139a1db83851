#!/usr/bin/env bash
# Times the whole program against what people use today, in one run, and checks that the answers agree.
#
#   benches/whole.sh [--large] [--only LOG,LOG] [--logs DIR] [--out FILE.md]
#
# --large     log C as well, of ten million lines, and its report (needs about 1.2 GB for the log)
# --only      some of the logs alone: A, B, C, D, E, rivals
# --logs      where logs are kept: those that are there are not made again; a temporary folder otherwise
# --out       where the Markdown tables go; standard output otherwise
#
# RAPSHEET    the binary to time (default: release/rapsheet in the target folder)
# XTASK       the binary of the generator (default: built and run with cargo)
# RUNS        timed runs of each command (default 5)
# SMALLER     divides the number of lines of every log, to try the script (default 1)
# TMPDIR      where the results are, and logs without --logs
#
# The logs, all from `cargo xtask gen-logs`:
#   A       2.85 million lines; addresses come in bursts, as on real servers, and some log in
#   B       1 million lines, each of an address and with a user name that are drawn from 8,000 and 309
#   C       10 million lines of 50,000 addresses, that of each connection drawn anew: the worst case for rows by hour
#   D       the first 2,000 lines of A
#   E       2 million lines, each with an IPv6 address and a user name of its own
#   rivals  1 million lines like C
#
# Of each log are measured: reading alone (`rapsheet export coverage`), the whole summary, and the pipe that people type; of A also
# the memory where the log is there twice, of C the report. Further rivals on the log of that name: the pipe in the locale C.UTF-8,
# which is usual (all others are in the locale C, their best case), and fail2ban-regex (on a tenth of the lines, times ten, because it takes half a minute a million).
#
# What is asserted, of each log as far as it holds such lines:
#   1. the generator's counts equal the pipe's: addresses, lines that say `Failed password`, and the
#      address with the most of them (not of E: the pipe knows no IPv6);
#   2. `rapsheet sql` counts the generator's lines (coverage), all of them known, as many events that come from a line
#      with `Failed password` as the generator wrote such lines, and as many logins;
#   3. it finds as many addresses in those events as the generator, and as many in all events
#      (the pipe doesn't see those that never came to a password);
#   4. its attempts are at least the generator's wrong passwords. Here they can't be equal: the pipe counts
#      lines, rapsheet attempts, so `message repeated N times` is N, and a connection that ends
#      before a password is one, too.
#
# Needs hyperfine, GNU time (package `time`) and python3: apt-get install hyperfine time python3

set -euo pipefail
# To sort by bytes is the pipe's best case, and the same everywhere.
export LC_ALL=C

root=$(cd "$(dirname "$0")/.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
rapsheet=${RAPSHEET:-$target/release/rapsheet}
runs=${RUNS:-5}
smaller=${SMALLER:-1}
only=A,B,D,E,rivals
logs=
out=/dev/stdout
while [ $# -gt 0 ]; do
    case $1 in
        --large) only=A,B,C,D,E,rivals ;;
        --only) only=${2:?--only needs logs: A,B,C,D,E,rivals}; shift ;;
        --logs) logs=${2:?--logs needs a folder}; shift ;;
        --out) out=${2:?--out needs a file}; shift ;;
        *) echo "unknown argument \`$1\`; there are --large, --only, --logs and --out" >&2; exit 2 ;;
    esac
    shift
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ -z "$logs" ]; then
    logs=$work/logs
fi
# shellcheck source=benches/measure.sh
. "$root/benches/measure.sh"
need hyperfine python3
[ -x "$rapsheet" ] || { echo "no binary at \`$rapsheet\`; cargo build --release, or set RAPSHEET" >&2; exit 2; }
mkdir -p "$logs"
# The configuration and the history of whoever runs this must not matter.
export XDG_CONFIG_HOME=$work/config XDG_DATA_HOME=$work/data XDG_STATE_HOME=$work/state

wanted() { case ",$only," in *",$1,"*) return 0 ;; *) return 1 ;; esac }

# A log by reading, by the summary and, with `pipe`, by the pipe.
measure() { # NAME [pipe]
    local name=$1 file=$logs/$1.log
    local -a commands=(
        reading "'$rapsheet' export coverage '$file' --no-geo"
        summary "'$rapsheet' --no-geo '$file'"
    )
    if [ "${2:-}" = pipe ]; then
        pipe_of_failures "$file" >"$work/$name.sh"
        commands+=(pipe "bash '$work/$name.sh'")
    fi
    cat "$file" >/dev/null # into the page cache, for all alike
    take_turns "$name" "$runs" "${commands[@]}"
    peak "$name" reading "$rapsheet" export coverage "$file" --no-geo
    peak "$name" summary "$rapsheet" --no-geo "$file"
}

measure_a() {
    generate A 2850000 --shape bursts
    check_pipe A
    check_rapsheet A
    measure A pipe
    cp "$logs/A.log" "$work/copy.log"
    peak A twice "$rapsheet" --no-geo "$logs/A.log" "$work/copy.log"
    rm "$work/copy.log"
}

measure_b() {
    generate B 1000000 --shape drawn --addresses $((8000 / smaller)) --users 309
    check_pipe B
    check_rapsheet B
    measure B pipe
}

measure_c() {
    generate C 10000000 --addresses $((50000 / smaller))
    check_pipe C
    check_rapsheet C
    measure C pipe
    # It takes long enough that three runs tell.
    take_turns C 3 report "'$rapsheet' report '$logs/C.log' -o '$work/C.html'"
    peak C report "$rapsheet" report "$logs/C.log" -o "$work/C.html"
    wc -c <"$work/C.html" >"$work/C.report.bytes"
}

measure_d() {
    generate A 2850000 --shape bursts
    head -n 2000 "$logs/A.log" >"$work/D.log"
    mv "$work/D.log" "$logs/D.log"
    check_head D
    measure D
}

measure_e() {
    generate E 2000000 --shape unique
    check_rapsheet E
    measure E
}

measure_rivals() {
    local file=$logs/million.log
    generate million 1000000
    check_pipe million
    check_rapsheet million
    pipe_of_passwords "$file" >"$work/passwords.sh"
    { echo 'export LC_ALL=C.UTF-8'; pipe_of_passwords "$file"; } >"$work/utf8.sh"
    cat "$file" >/dev/null
    take_turns million "$runs" \
        no-geo "'$rapsheet' --no-geo '$file'" \
        geo "'$rapsheet' '$file'" \
        pipe "bash '$work/passwords.sh'" \
        utf8 "bash '$work/utf8.sh'"
    peak million no-geo "$rapsheet" --no-geo "$file"
    peak million geo "$rapsheet" "$file"
    if command -v fail2ban-regex >/dev/null; then
        head -n $((100000 / smaller)) "$file" >"$work/part.log"
        hyperfine --style=basic --runs 1 --export-json "$work/million.fail2ban.1.json" "fail2ban-regex '$work/part.log' sshd" >&2
    else
        echo "skipped: fail2ban-regex is not installed" >&2
    fi
}

if wanted A; then measure_a; fi
if wanted B; then measure_b; fi
if wanted C; then measure_c; fi
if wanted D; then measure_d; fi
if wanted E; then measure_e; fi
if wanted rivals; then measure_rivals; fi

python3 "$root/benches/tables.py" "$work" "$(nproc)" "$runs" "$smaller" >"$out"
