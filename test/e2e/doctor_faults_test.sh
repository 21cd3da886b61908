#!/usr/bin/env bash
# doctor_faults_test.sh GROUP [PATTERN]: doctor meets the faults of the menu's group (whose name
# matches): which step says what, which cause comes first, or that all is well in spite of them.
. "$(dirname "$0")/lib.sh"
need jq
group=$1 pattern=${2:-.}

start_labcm
here=(--state-dir "$dir/vmports" -t "127.0.0.1:$lab_tftp")

# A list is held, as by a port of yesterday: what the fault then serves is compared with it.
hold() { expect 0 "$vmports" ctl fetch "${here[@]}"; }

# By what `labcm fault list --json` says of a row: the first step that is not well is the one, and its
# first cause; or a warning and no problem; or evidence and neither.
judge='
  ($row.doctor) as $d | (first(.steps[] | select(.problems != [])) // null) as $bad
  | (.steps[] | select(.step == $d.step)) as $at
  | if $d.finds == "problem" then
      $bad.step == $d.step and ($bad.problems[0] | .id == $d.id and
        (.causes[0].cause | contains($d.text)) and (.causes | all(.remedy | length > 8)))
    elif $d.finds == "warning" then
      $bad == null and ($at.warnings | any(.id == $d.id and (.text | contains($d.text))))
    else
      $bad == null and all(.steps[].warnings; . == []) and ($at.evidence | any(contains($d.text)))
    end'
run_doctor() { # WANTED-EXIT-CODE NAME
  local got options=("${here[@]}" -s "127.0.0.1:$lab_tls")
  case $2 in # what stays silent need not be waited for as long as a port waits
    *silent* | tftp-stops | *no-register-ack) options+=(--timeout 5) ;;
  esac
  timeout 100 "$vmports" doctor --json "${options[@]}" >"$dir/doctor.json" 2>"$dir/doctor.log"
  got=$?
  [ "$got" = "$1" ] || fail "$2: doctor ends with $got, wanted $1"
}

"$labcm" fault list --json >"$dir/menu.json" || fail "fault list --json"
n=0
while read -r row; do
  name=$(jq -r .name <<<"$row")
  hold
  expect 0 lab fault "$name" on
  run_doctor "$(jq 'if .doctor.finds == "problem" then 1 else 0 end' <<<"$row")" "$name"
  if jq -e --argjson row "$row" "$judge" "$dir/doctor.json" >/dev/null; then
    ok "$name: $(jq -r '.doctor | "\(.step): \(.finds) \(.id): \(.text)"' <<<"$row")"
  else
    fail "$name: wanted $(jq -c .doctor <<<"$row")"
    jq -c '.steps[] | {step, result, evidence, warnings, problems}' "$dir/doctor.json"
  fi
  expect 0 lab fault "$name" off
  n=$((n + 1))
done < <(jq -c --arg g "$group" --arg p "$pattern" '.[] | select(.group == $g and
  (.name | test($p)) and .doctor.finds != "nothing")' "$dir/menu.json")
[ "$n" -gt 0 ] && ok "$n faults" || fail "no fault of the group $group matches $pattern"

run_doctor 0 'all faults off'
exit "$bad"
