#!/usr/bin/env bash
# doctor_faults_test.sh GROUP [PATTERN]: doctor meets the faults of the menu's group (whose name
# matches): which step says what, which cause comes first, or that all is well in spite of them.
# doctor_faults_test.sh steps: those of a handshake at each of its steps.
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
      $bad == null and $at.warnings == [] and ($at.evidence | any(contains($d.text)))
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

judged() { # ROW NAME: what doctor said is what the row wants
  if jq -e --argjson row "$1" "$judge" "$dir/doctor.json" >/dev/null; then
    ok "$2: $(jq -r '.doctor | "\(.step): \(.finds) \(.id): \(.text)"' <<<"$1")"
  else
    fail "$2: wanted $(jq -c .doctor <<<"$1")"
    jq -c '.steps[] | {step, result, evidence, warnings, problems}' "$dir/doctor.json"
  fi
}
meet() { # ROW [--at PLACE [FAULT]]: the row's fault, or another that is to look the same
  local name at=("${@:2:2}")
  name=${4:-$(jq -r .name <<<"$1")}
  hold
  expect 0 lab fault "$name" on "${at[@]}"
  run_doctor "$(jq 'if .doctor.finds == "problem" then 1 else 0 end' <<<"$1")" "$name"
  judged "$1" "$name ${at[*]}"
  expect 0 lab fault "$name" off
  n=$((n + 1))
}
rows() { # FILTER
  jq -c --arg g "$group" --arg p "$pattern" ".[] | select($1)" "$dir/menu.json"
}
# Each step of a handshake (of TLS 1.2) belongs to one of three: before the ServerHello, before our
# certificate, after it. What the menu's rows for these say holds for all.
each_step() {
  local kind step row
  for kind in reset closes garbage; do
    for step in server-hello certificate server-key-exchange certificate-request server-hello-done \
      change-cipher-spec finished; do
      case $step in
        server-hello) row=tls-$kind ;;
        change-cipher-spec | finished) row=tls-$kind-finished ;;
        *) row=tls-$kind-hello ;;
      esac
      meet "$(rows ".name == \"$row\"")" --at "$step" "tls-$kind"
    done
  done
}

"$labcm" fault list --json >"$dir/menu.json" || fail "fault list --json"
n=0
if [ "$group" = steps ]; then
  each_step
else
  while read -r row; do meet "$row"; done < <(rows '.group == $g and (.name | test($p)) and .doctor.finds != "nothing"')
fi
[ "$n" -gt 0 ] && ok "$n faults" || fail "no fault of the group $group matches $pattern"

run_doctor 0 'all faults off'
exit "$bad"
