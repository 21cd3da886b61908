#!/usr/bin/env bash
# Memory fails once at each place where the program allocates (test/failing_places.c): at the start it
# says so and ends with 1; later it goes on, and every port comes back to answer calls, first with our
# own allocations failing, then with those of the libraries too. The sanitizers watch for leaks and
# worse. Many ports, so that many places fail in one round: a port pauses after each.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
need jq
failing=$BUILD/test/vmports_failing
[ -x "$failing" ] || { echo "skipped: no $failing"; exit 77; }
places() { echo $(($(stat -c %s "$dir/places" 2>/dev/null || echo 0) / 8)); }
clean() { ! grep -qE 'Sanitizer|runtime error|Assertion|abort' "$@"; }

ports=16
start_labcm -n "$ports"
cat >"$dir/v.conf" <<EOF
PhoneSystem { PortGroup {
  NumberOfPorts = $ports
  Servers = "127.0.0.1:$lab_tls"
  TftpServers = "127.0.0.1:$lab_tftp"
  RetryFirstMs = 100
  RetryMostMs = 400
  CtlRetryMs = 100
} }
EOF
export FAILED_PLACES=$dir/places
starts=0
start_failing() {
  "$failing" run --config "$dir/v.conf" --state-dir "$dir/vmports" \
    --control "$dir/v.sock" --rtp-ports "$rtp_base-$((rtp_base + 99))" --threads 2 --json \
    --user root --keylog "$dir/keys" --drain 1 >"$dir/summary.json" 2>"$dir/vmports.log" &
  vm_pid=$!
  pids+=("$vm_pid")
  starts=$((starts + 1))
}
ended() { ! kill -0 "$vm_pid" 2>/dev/null; }
up() { ended || FAILED_PLACES='' vm mwi status; }

# The start, as often as one more place fails.
while :; do
  start_failing
  until_true 300 up || { fail "neither up nor ended"; exit 1; }
  tries 15 ended || break # one that ends answers for a moment
  wait "$vm_pid"
  code=$?
  unset 'pids[-1]'
  [ "$code" = 1 ] && [ -s "$dir/vmports.log" ] || { fail "start $starts ended with $code"; exit 1; }
  clean "$dir/vmports.log" || { fail "start $starts was not clean"; exit 1; }
  [ "$starts" -lt 400 ] || { fail "it never starts"; exit 1; }
done
ok "$((starts - 1)) starts failed for want of memory, each with words; now it is up"

# While it runs: until no new place fails any more, or the time is over.
unset FAILED_PLACES
again() { # SECONDS COMMAND...
  local over=$((SECONDS + $1)) before=-1
  shift
  while [ "$SECONDS" -lt "$over" ]; do
    before=$(places)
    "$@" >/dev/null 2>&1 && [ "$(places)" = "$before" ] && break
    ended && { fail "it ended"; exit 1; }
  done
}
register_anew() { vm reset; tries 20 registered "$ports"; }
use_all() {
  tries 20 registered "$ports"
  timeout 20 "$labcm" load --calls-at-once "$ports" --rate 50 --calls "$ports" --length 0.3 --control "$dir/l.sock"
  timeout 8 "$vmports" mwi on 1001 --wait --control "$dir/v.sock"
}
at_start=$(places)
again 20 register_anew
again 10 use_all
own=$(places)
ok "$own places of ours have failed once"
kill -s USR2 "$vm_pid"
again 20 register_anew
again 10 use_all
all=$(places)
ok "$((all - own)) ways into libraries too"
kill -s USR1 "$vm_pid"
[ "$own" -gt "$((at_start + 20))" ] && [ "$all" -gt "$((own + 20))" ] || fail "next to nothing failed: $at_start, $own, $all"

until_true 300 registered "$ports" || { vm status | head -40; fail "a port did not come back"; exit 1; }
expect 0 lab call 1001 8000 --expect "$greeting" --json
holds '.answered and .encrypted and .expect.equal' "$dir/out" "it answers a call, sample for sample"
expect 0 vm mwi off 1001 --wait
stop_vmports
clean "$dir/vmports.log" || fail "a sanitizer has found something"
[ "$vm_code" = 0 ] && ok "it ends with 0" || fail "it ended with $vm_code"
expect 0 lab devices --json
holds '[.[] | select(.registered)] | length == 0' "$dir/out" "every port unregistered"
exit "$bad"
