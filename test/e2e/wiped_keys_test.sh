#!/usr/bin/env bash
# Keys are wiped where they die: after a call no byte string of its SRTP keys stands in the memory of
# vmports or labcm, after a reset no master secret of the old TLS sessions.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
need jq
grep_memory() { "$BUILD/test/mem_grep" "$1" <"$2" >"$dir/found" 2>"$dir/mem.log"; } # PID HEX-FILE
export VMPORTS_CORE=1 # or only root could look

head -c 16044 "$greeting" >"$dir/short.wav"
start_labcm --keylog "$dir/lab.keys"
start_vmports -n 2 -g "$dir/short.wav" --after-greeting silence
wait_registered 2

# Of each line key and salt, and the key as a text, as it would stand in a log's buffer.
media_keys() {
  local line
  while read -r line; do
    echo "${line:0:32}"
    echo "${line:32}"
    printf %s "${line:0:32}" | od -An -v -tx1 | tr -d ' \n'
    echo
  done < <(grep '^SRTP_KEY' "$dir/lab.keys" | cut -d' ' -f4) | sort -u
}

# ---- while the call is up the keys are there: what is looked for can be found
# find_keys SECONDS: a call so long; the answer of mem_grep in $found. A slow machine wants it longer.
find_keys() {
  local caller
  lab call 1001 8000 --for "$1" --dtmf 4711 --json >"$dir/call.json" 2>"$dir/call.log" &
  caller=$!
  pids+=("$caller")
  until_true 100 eval 'vm status --json 2>/dev/null | jq -e "any(.ports[]; .state == \"talking\")" >/dev/null'
  until_true 50 eval '[ "$(grep -c "^SRTP_KEY" "$dir/lab.keys")" -ge 2 ]'
  media_keys >"$dir/keys.hex"
  [ "$(wc -l <"$dir/keys.hex")" -ge 6 ] || fail "no keys in labcm's key log"
  grep_memory "$vm_pid" "$dir/keys.hex"
  found=$?
  wait "$caller" || fail "the call ended with $?"
}
for seconds in 4 12 30; do
  find_keys "$seconds"
  [ "$found" = 1 ] || break
done
case $found in
0) ok "the keys of a call stand in memory while it is up" ;;
2) echo "skipped: the memory of another process cannot be read"; cat "$dir/mem.log"; exit 77 ;;
*) fail "the keys of a call that is up are not found: the test looks wrongly" ;;
esac

# ---- afterwards they are not
is_clean() { grep_memory "$1" "$2"; [ $? = 1 ]; }
gone() { # WHO PID HEX-FILE WORDS; a link that was closed lingers for a second
  until_true 50 is_clean "$2" "$3" && ok "$4 of $1" ||
    { fail "$4 of $1, but:"; cat "$dir/found" "$dir/mem.log"; }
}
until_true 100 eval 'vm status --json | jq -e "all(.ports[]; .state == \"idle\")" >/dev/null'
media_keys >"$dir/keys.hex"
gone vmports "$vm_pid" "$dir/keys.hex" "after a call its keys are gone from the memory"
gone labcm "$lab_pid" "$dir/keys.hex" "after a call its keys are gone from the memory"

# ---- a reset ends the TLS sessions: their master secrets go with them
grep '^CLIENT_RANDOM' "$dir/lab.keys" | cut -d' ' -f3 >"$dir/masters.hex"
grep_memory "$vm_pid" "$dir/masters.hex" || fail "the master secrets of open sessions are not found"
expect 0 vm reset
wait_registered 2
until_true 100 eval '[ "$(grep -c "^CLIENT_RANDOM" "$dir/lab.keys")" -ge 4 ]'
gone vmports "$vm_pid" "$dir/masters.hex" "after a reset the old master secrets are gone from the memory"
gone labcm "$lab_pid" "$dir/masters.hex" "after a reset the old master secrets are gone from the memory"
stop_vmports
expect 0 lab stop
wait "$lab_pid" || fail "labcm ended with $?"
exit "$bad"
