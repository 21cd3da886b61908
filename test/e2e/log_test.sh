#!/usr/bin/env bash
# A terminal that somebody stopped, a pipe that nobody empties: both programs have one and say all
# they can. The ports stay registered and answer calls, the end is as usual, and whoever reads at
# last finds how many lines were lost, and where.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
need jq mkfifo
mkfifo "$dir/labcm.log" "$dir/vmports.log"
exec {lab_pipe}<>"$dir/labcm.log" {vm_pipe}<>"$dir/vmports.log"
: "$lab_pipe" # both are open at both ends, and read by nobody
lost() { # COMMAND...: lines were, say `labcm info` and `vmports status`
  "$@" --json 2>/dev/null | jq -e '(.totals // .).log_lines_lost > 0'
}
{ printf 'RIFF\244\014\000\000WAVEfmt \020\000\000\000\001\000\001\000\100\037\000\000\200\076\000\000\002\000\020\000data\200\014\000\000'
  head -c 3200 /dev/zero; } >"$dir/short.wav" # 0.2 s of silence: calls end by themselves

start_labcm -vvv
start_vmports -vvv -g "$dir/short.wav"
wait_registered 8
for _ in $(seq 60); do # a full ring, and more
  lost lab info >/dev/null && lost vm status >/dev/null && break
  vm reset >/dev/null
  wait_registered 8
  expect 0 lab load --calls-at-once 8 --rate 100 --calls 40 --json || break
done
lost lab info >/dev/null && ok "labcm counts what it could not say" || fail "labcm: $(lab info --json)"
lost vm status >/dev/null && ok "vmports too" || fail "vmports: $(vm status --json | jq -c .totals)"

vm reset >/dev/null
wait_registered 8
expect 0 lab load --calls-at-once 8 --rate 20 --calls 24 --json
holds '.good == 24 and .failed == 0' "$dir/out" "ports register anew, and every call is good"
registered 8 && ok "all ports are registered" || fail "a port was lost"

# Whoever reads at last: all that was kept, the count, and from here on every line.
cat <&"$vm_pipe" >"$dir/read.txt" &
pids+=($!)
until_true 300 grep -qE '[0-9]+ log lines? (was|were) lost here' "$dir/read.txt" &&
  ok "where they stood: $(grep -m 1 -oE '[0-9]+ log lines? .*' "$dir/read.txt")" || fail "no word of the loss"
stop_vmports
[ "$vm_code" = 0 ] && ok "vmports ends with 0" || fail "vmports ended with $vm_code"
holds '.log_lines_lost > 0 and .calls_failed == 0' "$dir/summary.json" "the summary counts them"

# The other one has no reader to the end.
kill -s TERM "$lab_pid"
gone() { ! kill -0 "$lab_pid"; }
until_true 300 gone && ok "labcm ends though nobody reads" || fail "labcm hangs"
[ "$bad" = 0 ] || tail -n 20 "$dir/read.txt"
exit "$bad"
