#!/usr/bin/env bash
# faults_test.sh GROUP [PATTERN]: every fault of the menu's group (whose name matches), with eight
# registered ports of which one meets it, or all: vmports says what `labcm fault list` promises, the
# other ports answer a call meanwhile, and when the fault ends every port is registered without a
# restart, with the descriptors and threads of before.
. "$(dirname "$0")/lib.sh"
need jq
. "$(dirname "$0")/walk.sh"
group=$1 pattern=${2:-.}
one=CiscoUM1-VI8

row() { vm status --json | jq -r ".ports[] | select(.[\"Port Name\"] == \"$one\") | .$1"; }

switch_on() { # name: kept to one device where it is the device that meets it
  local met; met=$(fault_value "$1" .met)
  if [ "$(fault_value "$1" .device)" = true ] && [ "$met" != lamp ] && [ "$met" != fetch ]; then
    expect 0 lab fault "$1" on --device "$one"
  else # whichever port dials the lamp; and the list is everybody's
    expect 0 lab fault "$1" on
  fi
}
fault_value() { jq -r --arg n "$1" ".[] | select(.name == \$n) | $2" "$dir/menu.json"; }

told() { # name verdict: in the log and in `status`; what goes well is a line of the log alone
  until_true 450 marked "$2" && ok "$1: $2 in the log" || fail "$1: no $2 in the log"
  case $2 in "registered with"* | "CTLFile.tlv from"* | *"asks for a reset") return ;; esac
  until_true 100 in_status "$2" && ok "$1: and in the status" ||
    fail "$1: not in the status: $(vm status --json | jq -c '[.ports[], .lists[]] | map(.last_error)')"
}
meets_fetch() { # name verdict
  expect 0 vm reset "$one"
  told "$1" "$2"
}
meets_connect() {
  expect 0 lab drop "$one"
  told "$1" "$2"
}
call_one() { # seconds: a call to the port that meets the fault
  lab call 1001 "$(lab devices --json | jq -r --arg n "$one" '.[] | select(.name == $n) | .number')" \
    --for "$1" --json >"$dir/out" 2>"$dir/err"
}
meets_call() {
  call_one 1
  told "$1" "$2"
}
holds_media() { # verdict: the port says it of itself, and its counts of that call show why
  vm status --json | jq -e --arg n "$one" --arg v "$1" '.ports[] | select(.["Port Name"] == $n) |
    (.last_error | length > 0) and (.media | {
      "MEDIA-01": (.received == 0), "MEDIA-02": (.plain > 50), "MEDIA-03": (.other_tag > 50),
      "MEDIA-04": (.auth_failures > 50 and .other_tag == 0 and .plain == 0),
      "MEDIA-05": (.replays_old > 0), "MEDIA-06": (.replays > 50 and .replays_old == 0),
      "MEDIA-07": (.wrong_source > 50), "MEDIA-08": (.ssrc_changes > 0),
      "MEDIA-09": (.lost > 20), "MEDIA-10": (.reordered > 20)}[$v])'
}
meets_talk() { # long enough for what shows after seconds
  call_one 4
  until_true 100 marked "$2" && ok "$1: $2 in the log" || fail "$1: no $2 in the log"
  until_true 50 holds_media "$2" && ok "$1: and in the status of $one" ||
    fail "$1: not in the status of $one: $(vm status --json | jq -c --arg n "$one" \
      '.ports[] | select(.["Port Name"] == $n) | .last_error, .media')"
}
meets_lamp() {
  vm mwi on 1002 --wait >"$dir/lamp" 2>&1
  grep -F -q -- "$2" "$dir/lamp" && ok "$1: the request ends with: $2" ||
    fail "$1: wanted $2: $(cat "$dir/lamp")"
}
walk() { # name verdict met stay
  local name=$1 verdict=$2 met=$3 stay=$4
  set_mark
  switch_on "$name"
  "meets_$met" "$name" "$verdict"
  if [ "$stay" = true ]; then
    until_true 150 registered 8 || fail "$name: ports do not stay registered"
  fi
  # The pilot rings the port that was idle longest: not the one that has just met the fault.
  call_answered || fail "$name: no port answers a call meanwhile"
  expect 0 lab fault "$name" off
  until_true 900 registered 8 || fail "$name: not every port came back"
  [ "$stay" = true ] || call_answered || fail "$name: no call is answered afterwards"
}

start_labcm --keepalive 4 # three of them outlast the 10 s that a port waits for RegisterAck
start_walker
wait_registered 8
call_answered || fail "no call is answered before any fault"
"$labcm" fault list --json >"$dir/menu.json" || fail "fault list --json"
remember
n=0
while IFS=$'\t' read -r name verdict met stay; do
  walk "$name" "$verdict" "$met" "$stay"
  n=$((n + 1))
done < <(jq -r --arg g "$group" --arg p "$pattern" '.[] | select(.group == $g and (.name | test($p))) |
  [.name, .verdict, .met, .ports_stay] | @tsv' "$dir/menu.json")
[ "$n" -gt 0 ] && ok "$n faults" || fail "no fault of the group $group matches $pattern"
all_as_before
vm status --json | jq '[.ports[], .lists[]] | map(select(.errors > 0) | .last_error_id)' >"$dir/ids.json"
stop_vmports
# What was told of ports and lists is in the summary too.
jq -e -n --slurpfile ids "$dir/ids.json" --slurpfile s "$dir/summary.json" \
  '($ids[0] - [""]) - [$s[0].troubles[].id] == []' >/dev/null && ok "the summary counts them" ||
  fail "summary: $(jq -c .troubles "$dir/summary.json"), wanted $(jq -c . "$dir/ids.json")"
[ "$vm_code" = 0 ] || fail "vmports run ended with $vm_code"
expect 0 lab stop
wait "$lab_pid" || fail "labcm run ended with $?"
exit "$bad"
