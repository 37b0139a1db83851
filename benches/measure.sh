# shellcheck shell=bash
# What the scripts of this folder share: logs with facts, answers that must agree, seconds and peak memory.
#
# It is sourced, with these variables set: `rapsheet` (the binary), `root` (the checkout), `work` (a folder for results),
# `logs` (a folder for logs), `runs` (rounds) and `smaller` (by which every number of lines is divided).
: "${rapsheet:?}" "${root:?}" "${work:?}" "${logs:?}" "${runs:?}" "${smaller:?}"

fail() { echo "the answers differ: $*" >&2; exit 1; }

need() { # TOOL...
    local tool missing=0
    for tool in "$@"; do
        if ! command -v "$tool" >/dev/null; then
            echo "\`$tool\` is not installed" >&2
            missing=1
        fi
    done
    # The shell has a word `time` of its own, which tells no memory.
    if [ ! -x /usr/bin/time ]; then
        echo "GNU time is not installed (package \`time\`)" >&2
        missing=1
    fi
    if [ "$missing" = 1 ]; then
        echo 'hint: apt-get install hyperfine time python3' >&2
        exit 2
    fi
}

generate() { # NAME LINES OPTION...: the log NAME.log with its facts, unless it is there
    local name=$1 lines=$(($2 / smaller))
    shift 2
    if [ -s "$logs/$name.log" ] && [ -s "$logs/$name.facts" ]; then
        local there
        there=$(fact "$name" lines)
        [ "$there" = "$lines" ] ||
            { echo "\`$logs/$name.log\` has $there lines, and $lines are wanted; remove it or take another folder" >&2; exit 2; }
        echo "log $name is there: $lines lines" >&2
        return
    fi
    echo "log $name: $lines lines" >&2
    set -- gen-logs --kind sshd --lines "$lines" --seed 1 "$@" -o "$logs/$name.log"
    if [ -n "${XTASK:-}" ]; then
        "$XTASK" "$@" 2>"$work/facts"
    else
        (cd "$root" && cargo run --quiet --release --package xtask -- "$@") 2>"$work/facts"
    fi
    mv "$work/facts" "$logs/$name.facts"
}

fact() { # NAME FACT
    awk -v name="$2" '$1 == name { $1 = ""; sub(/^ /, ""); print }' "$logs/$1.facts"
}

same() { # WHAT ONE OTHER
    [ "$2" = "$3" ] || fail "$1: $2 and $3"
    echo "agree: $1: $2" >&2
}

one_number() { # FILE SQL: the single number that rapsheet answers with
    "$rapsheet" sql "$2" "$1" --no-geo --format csv -q 2>/dev/null | tail -n 1 | tr -d '\r"'
}

failed="message LIKE '%Failed password for%'"

check_pipe() { # NAME: the pipe finds what the generator wrote
    local answer=$work/$1.pipe
    bash -c "$(pipe_of_passwords "$logs/$1.log")" >"$answer"
    same "$1: addresses, pipe and generator" "$(wc -l <"$answer" | tr -d ' ')" "$(fact "$1" failed_password_addresses)"
    same "$1: failed password lines, pipe and generator" \
        "$(awk '{ n += $1 } END { print n + 0 }' "$answer")" "$(fact "$1" failed_password_lines)"
    same "$1: most lines of one address, pipe and generator" \
        "$(head -n 1 "$answer" | awk '{ print $1 }')" "$(fact "$1" loudest | awk '{ print $2 }')"
}

check_rapsheet() { # NAME: rapsheet finds what the generator wrote
    local file=$logs/$1.log some
    same "$1: lines, rapsheet and generator" \
        "$(one_number "$file" 'SELECT sum(lines) FROM coverage')" "$(fact "$1" lines)"
    same "$1: lines that rapsheet doesn't know" \
        "$(one_number "$file" 'SELECT sum(unknown) FROM coverage')" 0
    same "$1: failed password lines, rapsheet and generator" \
        "$(one_number "$file" "SELECT count(*) FROM events WHERE $failed")" "$(fact "$1" failed_password_lines)"
    same "$1: addresses with a failed password, rapsheet and generator" \
        "$(one_number "$file" "SELECT count(DISTINCT source_ip) FROM events WHERE $failed")" "$(fact "$1" failed_password_addresses)"
    same "$1: addresses, rapsheet and generator" \
        "$(one_number "$file" 'SELECT count(DISTINCT source_ip) FROM events')" "$(fact "$1" addresses)"
    same "$1: logins, rapsheet and generator" \
        "$(one_number "$file" "SELECT count(*) FROM events WHERE event_action = 'login' AND event_outcome = 'success'")" "$(fact "$1" accepted_lines)"
    some=$(one_number "$file" 'SELECT sum(attempts) FROM events')
    [ "$some" -ge "$(fact "$1" failed_passwords)" ] ||
        fail "$1: attempts: $some, and $(fact "$1" failed_passwords) wrong passwords"
}

check_head() { # NAME: a log without facts, against grep
    local file=$logs/$1.log
    same "$1: lines, rapsheet and wc" \
        "$(one_number "$file" 'SELECT sum(lines) FROM coverage')" "$(wc -l <"$file" | tr -d ' ')"
    same "$1: failed password lines, rapsheet and grep" \
        "$(one_number "$file" "SELECT count(*) FROM events WHERE $failed")" "$(grep -c 'Failed password for' "$file" || true)"
}

pipe_of_passwords() { # FILE: the pipe whose answer is known
    printf '%s' "grep 'Failed password' '$1' | grep -oE '([0-9]{1,3}\.){3}[0-9]{1,3}' | sort | uniq -c | sort -rn"
}

pipe_of_failures() { # FILE: the pipe that people type
    printf '%s' "grep -E 'Failed|Invalid|failure' '$1' | grep -oE '([0-9]+\.){3}[0-9]+' | sort | uniq -c | sort -rn | head -20"
}

# The commands take turns, lest one of them meet the machine in a worse hour than the others. One round before goes uncounted.
# A command stands without a shell around it: a short one would be measured as the difference of two long ones.
take_turns() { # NAME ROUNDS (WHAT COMMAND)...: seconds as NAME.WHAT.ROUND.json
    local name=$1 rounds=$2 round
    shift 2
    local -a pairs=("$@")
    for round in $(seq 0 "$rounds"); do
        set -- "${pairs[@]}"
        while [ $# -gt 0 ]; do
            if [ "$round" = 0 ]; then
                bash -c "$2" >/dev/null 2>"$work/said" || { cat "$work/said" >&2; exit 1; }
            else
                hyperfine --shell=none --style=basic --runs 1 --export-json "$work/$name.$1.$round.json" \
                    --command-name "$name: $1" "$2" >"$work/said" 2>&1 || { cat "$work/said" >&2; exit 1; }
                awk -v what="$name: $1, round $round" '/"median"/ { printf "%s: %.3f s\n", what, $2 }' "$work/$name.$1.$round.json" >&2
            fi
            shift 2
        done
    done
}

peak() { # NAME WHAT COMMAND...: KiB at the peak, three times, as NAME.WHAT.peak
    local name=$1 what=$2
    shift 2
    : >"$work/$name.$what.peak"
    for _ in 1 2 3; do
        /usr/bin/time -f '%M' -o "$work/time" "$@" >/dev/null 2>&1
        tail -n 1 "$work/time" >>"$work/$name.$what.peak"
    done
}
