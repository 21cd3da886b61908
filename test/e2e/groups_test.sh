#!/usr/bin/env bash
# Several port groups in one run, by a settings file: an encrypted one and a non-secure one, each with
# a call manager, a greeting and ports of its own; a port that may not answer lets calls ring on.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
need jq

# Two greetings of a second each.
head -c 16044 "$greeting" >"$dir/one.wav"
{ head -c 44 "$greeting"; tail -c 16000 "$greeting"; } >"$dir/two.wav"

# ---- two call managers: `lab` encrypted, `plain` non-secure
start_labcm -n 3 --ring-no-answer 1 --algorithm top-down
"$labcm" run -n 2 --prefix CME-VI --mode non-secure --tftp-port 0 --tls-port 0 --sccp-port 0 \
  --state-dir "$dir/plain" --control "$dir/p.sock" --ready-file "$dir/plain.json" \
  --rtp-ports $((rtp_base + 60))-$((rtp_base + 99)) >"$dir/plain.log" 2>&1 &
plain_pid=$!
pids+=("$plain_pid")
until_true 200 test -s "$dir/plain.json" || { fail "the second labcm is not ready"; exit 1; }
sccp=$(jq .sccp "$dir/plain.json") plain_tftp=$(jq .tftp "$dir/plain.json")
plain() { "$labcm" "$@" --control "$dir/p.sock"; }

# shellcheck disable=SC2154  # lib.sh sets them
cat >"$dir/groups.conf" <<EOF
RtpPorts = $rtp_base-$((rtp_base + 59))
PhoneSystem {
  DisplayName = "Head office"
  PortGroup {
    DisplayName = "Head office-1"
    # The second one is of another cluster: that is told once, and does no harm.
    TftpServers = "127.0.0.1:$lab_tftp,127.0.0.1:$plain_tftp"
    Servers = "127.0.0.1:$lab_tls"
    NumberOfPorts = 3
    Greeting = "$dir/one.wav"
    # The first port of the hunt does not answer; the second may not switch lamps, but would be the
    # first to do so.
    Port { Numbers = 1 CapAnswer = no }
    Port { Numbers = 2 CapMWI = no HuntOrder = 9 }
  }
}
PhoneSystem {
  DisplayName = "Branch"
  PortGroup {
    DisplayName = "Branch-1"
    SecurityMode = non-secure
    SkinnyDevicePrefix = "CME-VI"
    Servers = "127.0.0.1:$sccp"
    NumberOfPorts = 2
    EnableMWI = no
    Greeting = "$dir/two.wav"
  }
}
EOF
expect 0 "$vmports" check "$dir/groups.conf"
"$vmports" run --config "$dir/groups.conf" --state-dir "$dir/vmports" --control "$dir/v.sock" --json \
  >"$dir/summary.json" 2>"$dir/vmports.log" &
vm_pid=$!
pids+=("$vm_pid")
wait_registered 5

vm status --json >"$dir/status.json"
holds '[.ports[]["Port Name"]] ==
  ["CiscoUM1-VI1","CiscoUM1-VI2","CiscoUM1-VI3","CME-VI1","CME-VI2"]' "$dir/status.json" \
  "both groups, in the order of the file"
holds '[.ports[].security] == ["encrypted","encrypted","encrypted","non-secure","non-secure"]' \
  "$dir/status.json" "each group in its mode"
expect 0 lab devices --json
holds '[.[] | select(.registered)] | length == 3' "$dir/out" "three at the encrypted call manager"
expect 0 plain devices --json
holds '[.[] | select(.registered)] | length == 2' "$dir/out" "two at the other"

# ---- calls: each group's own greeting, SRTP here and RTP there
expect 0 lab call 1001 8000 --expect "$dir/one.wav" --json
holds '.answered and .expect.equal and .encrypted' "$dir/out" \
  "the call passes the port that may not answer, and hears the first greeting by SRTP"
expect 0 plain call 1001 8000 --expect "$dir/two.wav" --json
holds '.answered and .expect.equal and (.encrypted | not)' "$dir/out" \
  "the other group plays the other greeting by RTP"

# ---- lamps: by the only port that may and has the highest hunt order of those
expect 0 vm mwi on 1001 --wait
expect 0 lab lamp 1001 --json
holds 'length == 1 and .[0].on' "$dir/out" "a lamp is lit"
vm status --json >"$dir/status.json"
holds '[.ports[].mwi_sent] == [0,0,1,0,0]' "$dir/status.json" \
  "port 3 did it: port 2 has the higher hunt order, but may not"

expect 0 vm mwi on 1002 --wait --group "head OFFICE-1"
expect 1 vm mwi on 1002 --wait --group Branch-1
grep -q 'Branch-1.*switches no lamps' "$dir/out" && ok "a group that may not dial says so" ||
  { fail "no refusal"; cat "$dir/out" "$dir/err"; }
expect 1 vm mwi on 1002 --wait --group Nobody

# ---- the list of trust: what it is, and that the servers disagree
logged() { [ "$(grep -c "$1" "$dir/vmports.log")" = "$2" ]; }
until_true 100 logged CTL-38 1 && ok "the other server's list is told of once" ||
  fail "CTL-38: $(grep -c CTL-38 "$dir/vmports.log") times"
logged 'CTLFile.tlv from 127.0.0.1 accepted: md5 .*, sha1 .*, records 4, made 20.*, call managers 1' 1 &&
  logged 'CTLFile.tlv is signed by: subject CN=.*, serial .*, certificate SHA-256 ' 1 &&
  ok "the log has the facts of the accepted list" || fail "the facts of the list"
expect 0 lab renew
vm reset >/dev/null 2>&1
until_true 200 logged 'CTLFile.tlv held before, now CTLFile.tlv.bak: md5 ' 1 &&
  ok "and of the one before it" || fail "the facts of the list before"
wait_registered 5

stop_vmports
[ "$vm_code" = 0 ] || fail "vmports run ended with $vm_code"
holds '.ports == 5 and .registered == 5 and .calls == 2 and .calls_refused == 1 and
  .mwi.confirmed == 2' "$dir/summary.json" "the summary: two calls, and one that rang on"
expect 0 lab stop
expect 0 plain stop
wait "$lab_pid" || fail "labcm ended with $?"
wait "$plain_pid" || fail "the second labcm ended with $?"
