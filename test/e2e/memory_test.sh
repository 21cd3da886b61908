#!/usr/bin/env bash
# Memory fails once at each place where the program allocates (test/failing_memory.c): at the start it
# says so and ends with 1; later it goes on, and every port comes back to answer calls. The sanitizers
# watch for leaks and worse.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
need jq
failing=$BUILD/test/vmports_failing
[ -x "$failing" ] || { echo "skipped: no $failing"; exit 77; }
places() { echo $(($(stat -c %s "$dir/places" 2>/dev/null || echo 0) / 8)); }
clean() { ! grep -qE 'Sanitizer|runtime error|Assertion|abort' "$@"; }

start_labcm -n 4
export FAILED_PLACES=$dir/places
starts=0
start_failing() {
  "$failing" run -n 4 -t "127.0.0.1:$lab_tftp" -s "127.0.0.1:$lab_tls" --state-dir "$dir/vmports" \
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
  ended || break
  wait "$vm_pid"
  code=$?
  [ "$code" = 1 ] && [ -s "$dir/vmports.log" ] || { fail "start $starts ended with $code"; exit 1; }
  clean "$dir/vmports.log" || { fail "start $starts was not clean"; exit 1; }
  [ "$starts" -lt 400 ] || { fail "it never starts"; exit 1; }
done
ok "$((starts - 1)) starts failed for want of memory, each with words; now it is up"

# While it runs: registrations until no new place fails, then calls and lamps until none does.
unset FAILED_PLACES
again() { # ROUNDS COMMAND...: until it succeeds twice and fails no new place
  local left=$1 quiet=0 before
  shift
  while [ "$quiet" -lt 2 ]; do
    before=$(places)
    if "$@" >/dev/null 2>&1 && [ "$(places)" = "$before" ]; then quiet=$((quiet + 1)); else quiet=0; fi
    ended && { fail "it ended"; exit 1; }
    [ $((left -= 1)) -gt 0 ] || { fail "places still fail: $*"; exit 1; }
  done
}
register_anew() { vm reset; tries 60 registered 4; }
use_all() {
  tries 100 registered 4
  timeout 20 "$labcm" call 1001 8000 --for 1 --dtmf 12 --control "$dir/l.sock" &&
    timeout 8 "$vmports" mwi on 1001 --wait --control "$dir/v.sock"
}
again 60 register_anew
ok "$(places) places have failed once; all ports are registered"
again 60 use_all
ok "$(places) places have failed once; calls and lamps go on"
wait_registered 4
expect 0 lab call 1001 8000 --expect "$greeting" --json
holds '.answered and .encrypted and .expect.equal' "$dir/out" "it answers a call, sample for sample"
expect 0 vm mwi off 1001 --wait
stop_vmports
clean "$dir/vmports.log" || fail "a sanitizer has found something"
[ "$vm_code" = 0 ] && ok "it ends with 0" || fail "it ended with $vm_code"
expect 0 lab devices --json
holds '[.[] | select(.registered)] | length == 0' "$dir/out" "every port unregistered"
exit "$bad"
