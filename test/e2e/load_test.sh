#!/usr/bin/env bash
# Many calls at a rate: each is answered, encrypted and heard; too many for the ports are busy; the
# exit codes are SIPp's; the search finds a rate for calls and for lamps.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
need jq

# 0.2 s of silence, 8 kHz mono 16 bit: calls end by themselves.
{ printf 'RIFF\244\014\000\000WAVEfmt \020\000\000\000\001\000\001\000\100\037\000\000\200\076\000\000\002\000\020\000data\200\014\000\000'
  head -c 3200 /dev/zero; } >"$dir/short.wav"
start_labcm
start_vmports -g "$dir/short.wav"
wait_registered 8

expect 0 lab load --calls-at-once 8 --rate 10 --calls 12 --json
holds '.placed == 12 and .answered == 12 and .good == 12 and .failed == 0 and .exit == 0' \
  "$dir/out" "twelve calls at a rate are good"
holds '.most_at_once <= 8 and .received > 0 and .auth_failures == 0' "$dir/out" "and were heard"
expect 0 lab info --json
holds '.calls_answered == 12 and .calls == 0' "$dir/out" "labcm counts them too"

# A caller who would wait for ever is hung up at --timeout: 97.
expect 97 lab load --calls-at-once 1 --rate 1 --calls 100 --timeout 2
grep -q '^good' "$dir/out" && ok "cut short, with a summary" || fail "no summary: $(cat "$dir/out")"

# SIGINT ends it softly, and the summary is printed.
"$labcm" load --control "$dir/l.sock" --calls-at-once 2 --rate 5 --for 600 --json >"$dir/int.json" &
load_pid=$!
pids+=("$load_pid")
placed() { [ "$("$labcm" info --json --control "$dir/l.sock" | jq .calls_placed)" -gt "$1" ]; }
until_true 300 placed 14 || fail "no calls came"
kill -INT "$load_pid"
wait "$load_pid"
[ $? = 97 ] || fail "SIGINT is not 97"
holds '.event == "over" and .going == 0 and .good == .placed' "$dir/int.json" "SIGINT: a soft end"

expect 1 lab load --to 8001 --calls 3 --json
holds '.failed == 3 and .good == 0 and (.reasons | length) == 1' "$dir/out" \
  "what was not answered is counted, with its reason"

expect 0 lab load --search calls --rate 1 --for 1 --calls-at-once 1 --json
holds '.highest >= 1 and (.tries | length) > 1 and any(.tries[]; .well | not)' "$dir/out" \
  "one call at once: a highest rate is found"
expect 0 lab load --search lamps --rate 10 --rate-max 20 --for 1 --vmports "$dir/v.sock" --json
holds '.highest >= 1 and all(.tries[]; .why != "")' "$dir/out" "lamps too"
expect 0 lab lamp --json
holds '([.[].changes] | add) > 0' "$dir/out" "and lamps did change"

# More calls than ports: busy is told as such.
stop_vmports
expect 1 lab load --calls-at-once 4 --rate 100 --calls 4 --json
holds '.failed == 4 and .answered == 0' "$dir/out" "without ports none is answered"
exit "$bad"
