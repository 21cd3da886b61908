#!/usr/bin/env bash
# What options change, against labcm: security modes, protocol versions, ways to dial a lamp, threads;
# how a run ends: by --until, by time-out, by a signal in the middle of a call, by a reset survived.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
need jq

# A second of the greeting is enough here. The WAV header promises more than follows: that is allowed.
short=$dir/short.wav
head -c 16044 "$greeting" >"$short"

end_lab() {
  expect 0 lab stop
  wait "$lab_pid" || fail "labcm ended with $?"
  rm -rf "$dir/labcm" "$dir/ready.json" "$dir"/vmports/CTLFile.tlv*
}

# mode 'labcm options' 'run options' ENCRYPTED: lamp and call hold, --until calls=1 ends it.
# shellcheck disable=SC2154  # lib.sh sets them
mode() {
  local words="$1 | $2"
  # shellcheck disable=SC2086  # the words of a command line
  start_labcm $1
  # shellcheck disable=SC2086
  start_vmports -g "$short" --until calls=1 --timeout 60 $2
  wait_registered 8
  expect 0 vm mwi on 1001 --wait
  expect 0 lab lamp 1001 --json
  holds 'length == 1 and .[0].on' "$dir/out" "$words: the lamp is on"
  expect 0 lab call 1001 8000 --expect "$short" --json
  holds ".answered and .expect.equal and .encrypted == $3 and .auth_failures == 0" "$dir/out" \
    "$words: the greeting is heard, encrypted: $3"
  wait "$vm_pid"
  vm_code=$?
  [ "$vm_code" = 0 ] || fail "$words: run ended with $vm_code"
  holds '.ended == "calls" and .reached and .registered == 8 and .calls == 1 and .mwi.confirmed == 1' \
    "$dir/summary.json" "$words: the summary"
  end_lab
}
mode '--mode authenticated' '--security authenticated' false
mode '--protocol-version 22' '--protocol-version 22 --threads 8' true
mode '' '--protocol-version 3 --mwi-dialling enbloc --mwi-mailbox empty --threads 1' true
mode '' '--mwi-method prefix --after-greeting hangup --media-threads 2' true

# ---- a call manager that ignores OffHookWithCallingPartyNumber, as all but CUCM do
start_labcm
start_vmports -g "$short" --mwi-fallback -v
wait_registered 8
expect 0 lab fault mwi-ignored on
expect 0 vm mwi on 1001 --wait
expect 0 vm mwi on 1001 1002 1003 --wait
expect 0 lab lamp 1001 1002 1003 --json
holds 'length == 3 and all(.[]; .on)' "$dir/out" "--mwi-fallback: the lamps are on, by code and extension"
grep -q 'dialling code and extension instead' "$dir/vmports.log" || fail "the fallback is not told"

# ---- `status --watch` on a terminal: drawn anew each second, until the run has ended
if script -qec true /dev/null </dev/null >/dev/null 2>&1; then # there is one, and a pty for it
  TERM=xterm timeout 60 script -qec "$vmports status --watch --control $dir/v.sock" /dev/null \
    </dev/null >"$dir/watched" 2>&1 &
  watcher=$!
  drawn() { [ "$(grep -c $'\033\[H\033\[J' "$dir/watched")" -ge "$1" ]; }
  until_true 200 drawn 2 && ok "status --watch draws the table again" || fail "status --watch draws once"
  grep -q CiscoUM1-VI8 "$dir/watched" || fail "status --watch shows no ports"
  stop_vmports
  until_true 100 sh -c "! kill -0 $watcher" && ok "status --watch ends with the run" ||
    { fail "status --watch goes on without a run"; kill "$watcher"; }
  wait "$watcher"
  grep -q 'no vmports is running' "$dir/watched" || fail "status --watch does not say why it ends"
else
  stop_vmports
fi
end_lab

# ---- non-secure: plain TCP, no CTL, no certificate
start_labcm --mode non-secure --sccp-port 0
sccp=$(jq .sccp "$dir/ready.json")
"$vmports" run -n 8 -s "127.0.0.1:$sccp" --security non-secure --state-dir "$dir/plain" -g "$short" \
  --rtp-ports "$rtp_base-$((rtp_base + 99))" --control "$dir/v.sock" >"$dir/summary.json" \
  2>"$dir/vmports.log" &
vm_pid=$!
pids+=("$vm_pid")
wait_registered 8
expect 0 lab call 1001 8000 --expect "$short" --json
holds '.answered and .expect.equal and (.encrypted | not)' "$dir/out" "non-secure: heard in clear"
stop_vmports
[ "$vm_code" = 0 ] || fail "non-secure: run ended with $vm_code"
[ -e "$dir/plain/root.pem" ] && fail "non-secure ports made a certificate"
end_lab

# ---- reset, then a signal in the middle of a call: the call may end
start_labcm
start_vmports -g "$short"
wait_registered 8
expect 0 vm reset CiscoUM1-VI2
expect 1 vm reset CiscoUM1-VI99
expect 0 vm reset
wait_registered 8
vm status --json >"$dir/status.json"
holds 'all(.ports[]; .registrations >= 2)' "$dir/status.json" "after a reset every port registered anew"
lab call 1001 8000 --expect "$short" --json >"$dir/heard" 2>"$dir/call.log" &
call=$!
until_true 100 eval 'vm status --json 2>/dev/null | jq -e "any(.ports[]; .state == \"talking\")" >/dev/null'
kill -TERM "$vm_pid"
wait "$call" || fail "the call that was up ended with $?"
holds '.expect.equal' "$dir/heard" "a signal lets the call end"
wait "$vm_pid"
vm_code=$?
[ "$vm_code" = 0 ] || fail "SIGTERM: run ended with $vm_code"
holds '.ended == "signal" and .calls == 1' "$dir/summary.json" "SIGTERM: the summary"
expect 0 lab devices --json
holds '[.[] | select(.registered)] | length == 0' "$dir/out" "SIGTERM: every port unregistered"

# ---- ends by itself
start_vmports --until registered --timeout 60
wait "$vm_pid"
vm_code=$?
[ "$vm_code" = 0 ] || fail "--until registered ended with $vm_code"
holds '.ended == "registered" and .registered_after_seconds > 0' "$dir/summary.json" "--until registered"
end_lab
start_vmports --until registered --timeout 1 # nobody is there any more
wait "$vm_pid"
vm_code=$?
[ "$vm_code" = 1 ] || fail "--timeout ended with $vm_code"
holds '.ended == "timeout" and (.reached | not) and .registered == 0' \
  "$dir/summary.json" "--timeout came first"
