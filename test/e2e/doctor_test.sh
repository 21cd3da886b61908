#!/usr/bin/env bash
# vmports doctor against labcm: all well, then what breaks in the field: which step, which id, who
# refused, which cause comes first; what depends on it is skipped; nothing that is held is changed.
. "$(dirname "$0")/lib.sh"
need jq

# doctor CODE [options]: one run, its JSON in $dir/doctor.json.
doctor() {
  local want=$1 got; shift
  timeout 60 "$vmports" doctor --state-dir "$dir/vmports" --json "$@" \
    >"$dir/doctor.json" 2>"$dir/doctor.log"
  got=$?
  [ "$got" = "$want" ] || { fail "doctor $*: exit $got, wanted $want"; cat "$dir/doctor.log"; }
}
here=(-t 127.0.0.1:0 -s 127.0.0.1:0)
steps() { jq -r '[.steps[].result] | join(" ")' "$dir/doctor.json"; }
results() { # WORDS RESULT*8: name tftp ctl clock tcp tls register unregister
  local words=$1; shift
  [ "$(steps)" = "$*" ] && ok "$words: $*" || fail "$words: $(steps), wanted $*"
}
# finds WORDS STEP ID SIDE CAUSE: the first problem of that step.
finds() {
  jq -e --arg step "$2" --arg id "$3" --arg side "$4" --arg cause "$5" '.steps[] |
    select(.step == $step) | .problems[0] | .id == $id and .refused_by == $side and
    (.causes[0].cause | contains($cause)) and (.causes | all(.remedy | length > 8))' \
    "$dir/doctor.json" >/dev/null && ok "$1: $2 says $3, refused by $4" ||
    { fail "$1: not $3 by $4"; jq '.steps[] | select(.problems != [])' "$dir/doctor.json"; }
}
has() { # WORDS STEP TEXT: among the evidence
  jq -e --arg step "$2" --arg text "$3" '.steps[] | select(.step == $step) |
    [.evidence[], .problems[].text] | any(contains($text))' "$dir/doctor.json" >/dev/null &&
    ok "$1: $3" || fail "$1: $2 does not tell: $3"
}
end_lab() {
  expect 0 lab stop
  wait "$lab_pid" || fail "labcm ended with $?"
  rm -rf "$dir/labcm" "$dir/ready.json"
}
begin_lab() {
  start_labcm "$@"
  here=(-t "127.0.0.1:$lab_tftp" -s "127.0.0.1:$lab_tls")
}
serve() { # FOLDER: another TFTP server, its port in $other_tftp
  : >"$dir/tftp.out" # what the one before said must not pass for this one's
  "$labcm" tftp "$1" --port 0 >"$dir/tftp.out" 2>&1 &
  pids+=($!)
  until_true 50 grep -qE ':[0-9]+' "$dir/tftp.out" || { fail "labcm tftp does not start"; exit 1; }
  other_tftp=$(grep -oE ':[0-9]+' "$dir/tftp.out" | head -1 | tr -d :)
}

# ---- wrong use
doctor 2
doctor 2 -t 127.0.0.1 --first 0
doctor 2 -t 127.0.0.1 --prefix CiscoUnityMachine-VI
doctor 2 --security non-secure
doctor 2 -t 127.0.0.1 --timeout 0
doctor 2 -t 127.0.0.1 --timeout 1h
expect 0 "$vmports" doctor --help

# ---- all well
begin_lab
doctor 0 "${here[@]}"
results 'all well' ok ok ok ok ok ok ok ok
holds '.ok and .device == "CiscoUM1-VI1" and .security == "encrypted"' "$dir/doctor.json" 'all well'
"$vmports" ctl fetch -t "127.0.0.1:$lab_tftp" -o "$dir/old.tlv" --state-dir "$dir/vmports" >/dev/null
has 'all well' ctl "$(md5sum "$dir/old.tlv" | cut -d' ' -f1)"
has 'all well' tls TLSv1.2
root() { "$vmports" cert show --state-dir "$dir/vmports" --json 2>/dev/null | jq -r ".$1"; }
has 'all well' tls 'CN=CiscoUM1-VI1, which is the device name'
has 'all well' tls "must hold our root: $(root subject), file $(root file_name), serial $(root serial_number), SHA-1 $(root sha1)"
has 'all well' register 'directory number 999001'
[ -e "$dir/vmports/CTLFile.tlv" ] && fail 'doctor held a list' || ok 'doctor holds no list'
until_true 50 eval 'lab devices --json | jq -e "all(.[]; .registered | not)"' ||
  fail 'the port is still registered'
expect 0 "$vmports" doctor --state-dir "$dir/vmports" "${here[@]}"
grep -q '^unregister  ok ' "$dir/out" && ok 'in words' || { fail 'in words'; cat "$dir/out"; }
doctor 0 -t "127.0.0.1:$lab_tftp" -s "127.0.0.1:$lab_tls" --first 8
doctor 1 -t "127.0.0.1:$lab_tftp" -s "127.0.0.1:$lab_tls,127.0.0.1:9"
results 'two call managers, one dead' ok ok ok ok failed ok ok ok

# ---- the device
doctor 1 "${here[@]}" --first 9
results 'device unknown' ok ok ok ok ok ok failed skipped
finds 'device unknown' register '' 'the call manager' 'prefix lacks -VI'
has 'device unknown' register 'CiscoUM1-VI9'

# ---- the list: server not in it; no server at all; no list; an old one
doctor 1 -t "127.0.0.1:$lab_tftp" -s "127.0.0.2:$lab_tls"
finds 'server not in the list' ctl CTL-35 'this side' 'another name or address'
mkdir "$dir/empty" "$dir/stale"
serve "$dir/empty"
empty=$other_tftp
doctor 1 -t "127.0.0.1:$other_tftp" -s "127.0.0.1:$lab_tls"
results 'CTL missing' ok failed skipped ok ok skipped skipped skipped
finds 'CTL missing' tftp TFTP-01 'the TFTP server' 'wrong TFTP server'
has 'CTL missing' tftp 'res=68'
doctor 1 -t 127.0.0.1:9 -s "127.0.0.1:$lab_tls"
finds 'no TFTP server' tftp TFTP-04 'the network' 'Cisco TFTP does not run'
doctor 1 -t no-such-host.invalid -s "127.0.0.1:$lab_tls"
results 'no such name' failed skipped skipped ok ok skipped skipped skipped

# ---- certificate renewed, list not: refused by us
expect 0 lab renew
cp "$dir/old.tlv" "$dir/stale/CTLFile.tlv"
serve "$dir/stale"
doctor 1 -t "127.0.0.1:$other_tftp" -s "127.0.0.1:$lab_tls"
results 'certificate renewed' ok ok ok ok ok failed skipped skipped
finds 'certificate renewed' tls TLS-02 'this side' 'was regenerated'
has 'certificate renewed' tls 'alert 48 (unknown_ca) was sent by this side'

# ---- a held list is read, and stays
expect 0 "$vmports" ctl accept "$dir/old.tlv" --state-dir "$dir/vmports"
before=$(md5sum <"$dir/vmports/CTLFile.tlv")
doctor 0 "${here[@]}"
has 'another list is held' ctl 'held, another list'
doctor 1 -t "127.0.0.1:$empty" -s "127.0.0.1:$lab_tls"
results 'held list used' ok failed ok ok ok failed skipped skipped
[ "$(md5sum <"$dir/vmports/CTLFile.tlv")" = "$before" ] && ok 'the held list is as it was' ||
  fail 'doctor replaced the held list'
expect 0 "$vmports" ctl forget --state-dir "$dir/vmports"

# ---- not in mixed mode: a list without certificates, nothing on 2443
expect 0 lab mode non-secure
doctor 1 "${here[@]}"
results 'not in mixed mode' ok ok failed ok failed skipped skipped skipped
jq -e '.steps[2].problems[0] | (.id == "CTL-36" or .id == "CTL-34") and
  (.causes[0].cause | contains("not in mixed mode"))' "$dir/doctor.json" >/dev/null &&
  ok 'not in mixed mode: the list tells' || fail 'not in mixed mode: the list does not tell'
finds 'not in mixed mode' tcp NET-01 'the call manager' 'not in mixed mode'
end_lab

# ---- our root is not in CallManager-trust: refused by the call manager
cp "$dir/root.pem" "$dir/right.pem"
"$vmports" cert export "$dir/root.pem" --state-dir "$dir/stranger" >/dev/null 2>&1
begin_lab
doctor 1 "${here[@]}"
results 'root not in CallManager-trust' ok ok ok ok ok failed skipped skipped
finds 'root not in CallManager-trust' tls TLS-03 'the call manager' 'not in CallManager-trust'
has 'root not in CallManager-trust' tls "SHA-1 $(root sha1)"
has 'root not in CallManager-trust' tls 'alert 48 (unknown_ca) was sent by the call manager'
expect 0 lab trust "$dir/right.pem"
doctor 1 "${here[@]}"
finds 'root uploaded, service not restarted' tls TLS-03 'the call manager' 'not in CallManager-trust'
holds '.steps[] | select(.step == "tls") | .problems[0].causes[1].cause |
  contains("not restarted after the upload")' "$dir/doctor.json" 'and the next cause is that'
expect 0 lab service stop
expect 0 lab service start
doctor 0 "${here[@]}"
results 'root uploaded, service restarted' ok ok ok ok ok ok ok ok
end_lab
cp "$dir/right.pem" "$dir/root.pem"

# ---- security modes differ
begin_lab --mode authenticated
doctor 1 "${here[@]}"
jq -e '[.steps[] | select(.result == "failed")] | length == 1 and
  (.[0].problems[0].causes[0].remedy | contains("Device Security Mode"))' "$dir/doctor.json" \
  >/dev/null && ok 'mode mismatch: its remedy names Device Security Mode' ||
  { fail 'mode mismatch'; steps; }
doctor 0 "${here[@]}" --security authenticated
end_lab

# ---- plain ports, and a port that is closed
begin_lab --mode non-secure --sccp-port 0
sccp=$(jq .sccp "$dir/ready.json")
doctor 0 -s "127.0.0.1:$sccp" --security non-secure
results 'non-secure' ok 'not needed' 'not needed' 'not needed' ok 'not needed' ok ok
end_lab
doctor 1 -s "127.0.0.1:$sccp" --security non-secure
results 'port closed' ok 'not needed' 'not needed' 'not needed' failed 'not needed' skipped skipped
finds 'port closed' tcp NET-01 'the call manager' 'CallManager does not run'

# ---- the two ports of SCCP taken for each other: on an address that no other test has
host=127.$((100 + $$ % 100)).$((RANDOM % 250)).$((1 + RANDOM % 250))
start_labcm --bind "$host" --sccp-port 2000 --tls-port 2443
doctor 1 -t "$host:$lab_tftp" -s "$host:2000" --timeout 20
finds 'TLS to the plain port' tls NET-03 'the call manager' '2000 is the port of non-secure SCCP'
doctor 1 -s "$host:2443" --security non-secure --timeout 20
finds 'plain SCCP to the secure port' register '' 'the call manager' '2443 is the port of secure SCCP'
end_lab
exit "$bad"
