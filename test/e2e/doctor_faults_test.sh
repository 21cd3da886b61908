#!/usr/bin/env bash
# Doctor meets the lab's fault menu: for each fault, which step says what, and which cause comes first.
. "$(dirname "$0")/lib.sh"
need jq

start_labcm
expect 0 "$vmports" ctl fetch -t "127.0.0.1:$lab_tftp" --state-dir "$dir/vmports"

"$labcm" fault list --json >"$dir/menu.json" || fail "fault list --json"
while read -r fault step id cause; do
  expect 0 lab fault "$fault" on
  timeout 60 "$vmports" doctor --json --state-dir "$dir/vmports" -t "127.0.0.1:$lab_tftp" \
    -s "127.0.0.1:$lab_tls" >"$dir/doctor.json" 2>"$dir/doctor.log"
  [ $? = 1 ] || fail "$fault: doctor does not end with 1"
  [ "$id" = - ] && id=
  if jq -e --arg step "$step" --arg id "$id" --arg cause "$cause" \
    'first(.steps[] | select(.problems != [])) | .step == $step and
     (.problems[0] | .id == $id and (.causes[0].cause | contains($cause)))' \
    "$dir/doctor.json" >/dev/null; then
    ok "$fault: $step says ${id:-why}: $cause"
  else
    fail "$fault: wanted $step $id: $cause"
    jq '.steps[] | select(.problems != []) | {step, problems}' "$dir/doctor.json"
  fi
  expect 0 lab fault "$fault" off
done < <(jq -r '.[] | select(.doctor) |
  "\(.name) \(.doctor.step) \(.doctor.id | if . == "" then "-" else . end) \(.doctor.cause)"' "$dir/menu.json")

# An old list is taken, as by a port that is not strict, but not without a word.
expect 0 lab fault ctl-old on
expect 0 "$vmports" doctor --json --state-dir "$dir/vmports" -t "127.0.0.1:$lab_tftp" \
  -s "127.0.0.1:$lab_tls"
holds '.steps[2].warnings | any(.id == "CTL-33")' "$dir/out" 'ctl-old: a warning'
expect 0 lab fault ctl-old off

timeout 60 "$vmports" doctor --state-dir "$dir/vmports" -t "127.0.0.1:$lab_tftp" \
  -s "127.0.0.1:$lab_tls" >"$dir/out" 2>&1 && ok 'all faults off: all well' || fail 'not well again'
exit "$bad"
