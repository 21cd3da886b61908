#!/usr/bin/env bash
# The settings file read anew while calls go on: `vmports reload` and SIGHUP. What a change does not
# concern stays as it is; what it concerns leaves when its call is over; a faulty file changes nothing.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
need jq

# Greetings of twenty, one and one seconds; a WAV file's sizes stand at 4 and 40.
le32() { printf '%b' "$(printf '\\x%02x' $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) $(($1 >> 24)))"; }
tail -c +45 "$greeting" >"$dir/samples"
cat "$dir/samples" "$dir/samples" "$dir/samples" >"$dir/long"
long=$(stat -c %s "$dir/long")
{
  printf RIFF; le32 $((long + 36))
  head -c 40 "$greeting" | tail -c +9
  le32 "$long"; cat "$dir/long"
} >"$dir/long.wav"
head -c 16044 "$greeting" >"$dir/one.wav"
{ head -c 44 "$greeting"; tail -c 16000 "$greeting"; } >"$dir/two.wav"

start_labcm -n 12 --algorithm top-down

# settings FIRST_GREETING FIRST_MORE SECOND_COUNT SECOND_MORE: two groups on the same call manager
settings() {
  # shellcheck disable=SC2154  # lib.sh sets them
  cat >"$dir/run.conf.new" <<END
RtpPorts = $rtp_base-$((rtp_base + 99))
Threads = 2
PhoneSystem {
  PortGroup {
    DisplayName = "Head office"
    TftpServers = "127.0.0.1:$lab_tftp"
    Servers = "127.0.0.1:$lab_tls"
    NumberOfPorts = 4
    Greeting = "$dir/$1"
    $2
  }
  PortGroup {
    DisplayName = "Branch"
    TftpServers = "127.0.0.1:$lab_tftp"
    Servers = "127.0.0.1:$lab_tls"
    FirstPort = 5
    NumberOfPorts = $3
    Greeting = "$dir/one.wav"
    $4
  }
}
END
  mv "$dir/run.conf.new" "$dir/run.conf"
}
status() { vm status --json >"$dir/status.json"; }
registrations() { # a list of what each port has counted
  status
  jq -c '[.ports[].registrations]' "$dir/status.json"
}
is() { # is WANTED COMMAND...
  local want=$1; shift
  [ "$("$@")" = "$want" ]
}
names() { status; jq -r '[.ports[] | select(.registered)["Port Name"] | ltrimstr("CiscoUM1-VI")] | join(" ")' "$dir/status.json"; }
told() { # a line of the log says so
  grep -q "$1" "$dir/vmports.log" && ok "$2" || fail "$2: no line \"$1\""
}

settings long.wav "" 4 ""
"$vmports" run --config "$dir/run.conf" --state-dir "$dir/vmports" --control "$dir/v.sock" --json \
  >"$dir/summary.json" 2>"$dir/vmports.log" &
vm_pid=$!
pids+=("$vm_pid")
wait_registered 8

# ---- a call in the first group, on port 1; meanwhile its greeting, its lamp numbers and the whole
# ---- second group change
lab call 1001 8000 --expect "$dir/long.wav" --json >"$dir/call.json" 2>"$dir/call.err" &
call_pid=$!
pids+=("$call_pid")
in_call() { status && jq -e '.ports[0].state == "talking"' "$dir/status.json"; }
until_true 200 in_call || fail "port 1 does not talk"

settings two.wav "MwiRetryCountOnSuccess = 1" 6 "LoadName = other"
expect 0 vm reload
grep -q '^Head office: changed: Greeting, MwiRetryCountOnSuccess$' "$dir/out" &&
  ok "reload says what changed of a group" || { fail "the first group"; cat "$dir/out"; }
grep -q '^Branch: changed: NumberOfPorts, LoadName; its ports register anew$' "$dir/out" &&
  ok "and that its ports register anew" || { fail "the second group"; cat "$dir/out"; }
told 'Head office.*changed: Greeting' "the log says it too"
wait_registered 10
in_call >/dev/null && ok "the call goes on" || fail "the call has ended"
is '[1,1,1,1,1,1,1,1,1,1]' registrations && ok "ten ports, none of them registered twice" ||
  fail "registrations $(registrations)"
registered_at_lab() { lab devices --json >"$dir/devices.json" && [ "$(jq '[.[] | select(.registered)] | length' "$dir/devices.json")" = "$1" ]; }
until_true 100 registered_at_lab 10 && ok "ten at the call manager" || fail "not ten devices"
wait "$call_pid"
holds '.answered and .expect.equal and .encrypted' "$dir/call.json" \
  "the call has heard the greeting that it began with, sample for sample"
expect 0 lab call 1002 8000 --expect "$dir/two.wav" --json
holds '.answered and .expect.equal' "$dir/out" "the next call hears the new one"
expect 0 vm mwi on 1001 --wait
status
holds '[.ports[].mwi_sent] | add == 2' "$dir/status.json" "a lamp is sent twice, as the new pacing says"

# ---- ports that go: the one in a call ends it first
"$labcm" call 1003 8000 --for 250 --json --control "$dir/l.sock" >"$dir/call.json" 2>"$dir/call.err" &
call_pid=$!
pids+=("$call_pid")
settings long.wav "" 6 ""
kill -HUP "$vm_pid"
until_true 200 in_call || fail "port 1 does not talk again"
sed -i '0,/NumberOfPorts = 4/s//FirstPort = 3 NumberOfPorts = 2/' "$dir/run.conf"
kill -HUP "$vm_pid"
until_true 200 is "1 3 4 5 6 7 8 9 10" names && ok "port 2 has gone, port 1 is in a call" ||
  fail "registered: $(names)"
kill "$call_pid" # the phone hangs up; on a slow machine no length of a call would be right
wait "$call_pid" 2>/dev/null
until_true 200 is "3 4 5 6 7 8 9 10" names && ok "and has gone with the end of its call" ||
  fail "registered: $(names)"
is '[1,1,1,1,1,1,1,1]' registrations && ok "the others did not notice" ||
  fail "registrations $(registrations)"

# ---- a faulty file, and one that is not there
sed 's/FirstPort = 5/FirstPort = 0/' "$dir/run.conf" >"$dir/run.conf.new"
cp "$dir/run.conf" "$dir/good.conf"
mv "$dir/run.conf.new" "$dir/run.conf"
expect 1 vm reload
grep -q "run.conf:[0-9]*: .*FirstPort" "$dir/out" && ok "the mistake has its line" ||
  { fail "no mistake told"; cat "$dir/out" "$dir/err"; }
kill -HUP "$vm_pid"
until_true 100 told 'the settings stay as they were' "a refusal is in the log"
rm "$dir/run.conf"
expect 1 vm reload
sed 's/one.wav/none.wav/' "$dir/good.conf" >"$dir/run.conf"
expect 1 vm reload
grep -q 'port group "Branch".*none.wav' "$dir/err" && ok "a greeting that is not there is named" ||
  { fail "greeting"; cat "$dir/err"; }
is "3 4 5 6 7 8 9 10" names && ok "nothing has changed by that" || fail "registered: $(names)"

# ---- all the old ports again, and a group less
sed '/DisplayName = "Branch"/,/^  }/d; s/FirstPort = 3 NumberOfPorts = 2/NumberOfPorts = 4/' \
  "$dir/good.conf" | sed '/^  PortGroup {$/{N;/PortGroup {\n}$/s/.*/}/}' >"$dir/run.conf"
expect 0 vm reload --json
holds '.group == "Branch" and (.text | startswith("gone"))' <(grep Branch "$dir/out") "a group is gone"
until_true 200 is "1 2 3 4" names && ok "four ports are left" || fail "registered: $(names)"
until_true 100 registered_at_lab 4 && ok "four at the call manager" || fail "not four devices"

# ---- what counts from the next start on alone
sed -i 's/Threads = 2/Threads = 3/' "$dir/run.conf"
expect 0 vm reload
grep -q '^counts from the next start on: Threads$' "$dir/out" &&
  grep -q '^2 worker threads of the start serve all ports; a restart would make 3$' "$dir/out" &&
  ok "a reload makes no more workers, and says so" || { fail "threads"; cat "$dir/out"; }

stop_vmports
[ "$vm_code" = 0 ] || fail "vmports run ended with $vm_code"
holds '.registered == 4 and .registrations == 22' "$dir/summary.json" \
  "22 registrations: 8 at the start, twice the 6 of the changed group, and the 2 that came back"
expect 0 lab stop
wait "$lab_pid" || fail "labcm ended with $?"
