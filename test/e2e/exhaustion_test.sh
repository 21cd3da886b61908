#!/usr/bin/env bash
# What a machine runs out of, and signals at any time: descriptors while calls come, the disk while the
# CTL is stored, SIGHUP, SIGUSR1 and SIGPIPE in storms, SIGTERM at each moment of a start.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
need jq prlimit
fds() { find "/proc/$vm_pid/fd" -mindepth 1 2>/dev/null | wc -l; }
few_fds() { [ "$(fds)" -le $((before + 1)) ]; }
threads() { find "/proc/$vm_pid/task" -mindepth 1 -maxdepth 1 2>/dev/null | wc -l; }
clean() { ! grep -qE 'Sanitizer|runtime error|Assertion' "$@"; }
good_call() {
  expect 0 lab call 1001 8000 --expect "$greeting" --json
  holds '.answered and .encrypted and .expect.equal' "$dir/out" "$1: a call is answered"
}

# ---- no descriptor is left -------------------------------------------------------------------------
start_labcm
start_vmports -v
wait_registered 8
before=$(fds)
free=0 # the lowest number that a new descriptor would get
while [ -e "/proc/$vm_pid/fd/$free" ]; do free=$((free + 1)); done
was=$(prlimit --pid "$vm_pid" --nofile --noheadings -o SOFT)
prlimit --pid "$vm_pid" --nofile="$free:" || { fail "prlimit"; exit 1; }
lab call 1001 8000 --for 1 >"$dir/refused.out" 2>&1
grep -qE 'Too many open files|OutOfSockets|no socket' "$dir/vmports.log" &&
  ok "a call without a descriptor is refused with words" || fail "nothing said of descriptors"
lab drop CiscoUM1-VI1 CiscoUM1-VI2 >/dev/null 2>&1
vm reset >/dev/null 2>&1
sleep 1
prlimit --pid "$vm_pid" --nofile="${was// /}:" || { fail "prlimit"; exit 1; }
wait_registered 8
good_call "descriptors are back"
until_true 100 few_fds || fail "$(fds) descriptors, before $before"

# ---- signals ---------------------------------------------------------------------------------------
were=$(threads)
(lab call 1002 8000 --expect "$greeting" --json >"$dir/storm.json" 2>&1) &
call=$!
for _ in $(seq 150); do
  for s in HUP PIPE WINCH CONT URG; do kill -s "$s" "$vm_pid"; done
  sleep 0.02
done
wait "$call" || fail "the call in the storm failed"
holds '.answered and .expect.equal' "$dir/storm.json" "a call goes through a storm of signals sample for sample"
registered 8 || fail "a port was lost in the storm"
[ "$(threads)" = "$were" ] || fail "threads: $were, then $(threads)"
stop_vmports
[ "$vm_code" = 0 ] && clean "$dir/vmports.log" || fail "the run ended with $vm_code"

for wait in 0 0.01 0.03 0.06 0.1 0.15 0.2 0.3 0.5; do # before, in and after the registration
  start_vmports --drain 0
  sleep "$wait"
  kill -s TERM "$vm_pid"
  sleep 0.02
  kill -s INT "$vm_pid" 2>/dev/null
  wait "$vm_pid"
  code=$?
  case $code in # before it listens to signals, one ends it as usual
  0 | 143 | 130) clean "$dir/vmports.log" || fail "SIGTERM after $wait s" ;;
  *) fail "SIGTERM after $wait s: code $code" ;;
  esac
done
ok "SIGTERM and SIGINT end it at every moment"

# ---- the disk is full when a list is stored -------------------------------------------------------
# A file may not grow past this: what a full disk says (ENOSPC), a limit says too (EFBIG), for everyone.
rm -f "$dir/vmports/CTLFile.tlv" "$dir/vmports/CTLFile.tlv.bak"
start_vmports -n 2 --keylog "$dir/k"
wait_registered 2
kept=$(md5sum <"$dir/vmports/CTLFile.tlv")
prlimit --pid "$vm_pid" --fsize=2000:2000
expect 0 lab renew
vm reset >/dev/null 2>&1
until_true 200 grep -q 'CTL-39' "$dir/vmports.log" && ok "the log names it: $(grep -m 1 -o 'CTL-39.*' "$dir/vmports.log" | cut -c 1-160)" ||
  fail "a list that cannot be stored goes without a word"
[ "$(md5sum <"$dir/vmports/CTLFile.tlv")" = "$kept" ] && ok "the held list is whole" || fail "the held list was spoilt"
[ -z "$(find "$dir/vmports" -name '.CTLFile*')" ] || fail "half a list is left behind"
kill -0 "$vm_pid" || fail "it died of SIGXFSZ"
stop_vmports
[ "$vm_code" = 0 ] && clean "$dir/vmports.log" || fail "the run ended with $vm_code"
exit "$bad"
