#!/usr/bin/env bash
# The fault menu as people and programs read it: FAULTS.md is what the table says now, names are
# unique and complete, and wrong use is told.
set -u
command -v jq >/dev/null || { echo "skipped: jq is not installed"; exit 77; }
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
lab=$BIN/labcm
fail() { echo "not so: $*"; exit 1; }
wrong() { # a word on stderr, arguments...
  local word=$1; shift
  "$lab" fault "$@" >"$tmp/out" 2>"$tmp/err"
  [ $? = 2 ] || fail "exit 2: labcm fault $*"
  grep -q -e "$word" "$tmp/err" || fail "labcm fault $* says: $(cat "$tmp/err")"
}

walked_once() { # FILTER WORDS: each such fault by one line of $tmp/walks
  local group name walked pattern n
  while read -r group name; do
    n=0
    while read -r _ walked pattern; do
      [ "$walked" = "$group" ] && grep -q -E -e "${pattern:-.}" <<<"$name" && n=$((n + 1))
    done <"$tmp/walks"
    [ "$n" = 1 ] || fail "$name $2 $n tests"
  done < <(jq -r ".[] | select($1) | \"\(.group) \(.name)\"" "$tmp/menu")
}

"$lab" fault list --markdown >"$tmp/FAULTS.md" || fail "fault list --markdown"
diff -u "$SRC/tools/labcm/FAULTS.md" "$tmp/FAULTS.md" ||
  fail "tools/labcm/FAULTS.md is out of date: labcm fault list --markdown >tools/labcm/FAULTS.md"
"$lab" fault list --json >"$tmp/menu" || fail "fault list --json"
jq -e 'length > 0 and ([.[].name] | unique | length) == length' "$tmp/menu" >/dev/null ||
  fail "names are not unique"
jq -e 'all(.what != "" and .verdict != "" and (.group as $g | .name | startswith($g + "-")))' \
  "$tmp/menu" >/dev/null || fail "a row is incomplete"
jq -e 'all(.doctor.text != "" and (.doctor.finds == "nothing") == (.doctor.step == ""))' \
  "$tmp/menu" >/dev/null || fail "not said what doctor finds: \
$(jq -r '.[] | select(.doctor.text == "") | .name' "$tmp/menu")"
[ "$("$lab" fault list | tail -n +2 | wc -l)" = "$(jq length "$tmp/menu")" ] || fail "fault list"
# Each fault of the menu is walked by one test: its group and name are such as faults.tests.cmake has.
grep -o 'faults_test.sh [a-z]*\( "[^"]*"\)\?' "$SRC/test/faults.tests.cmake" | tr -d '"' >"$tmp/walks"
walked_once true "is walked by"
# And each that doctor meets by one of doctor.tests.cmake.
grep -o 'doctor_faults_test.sh [a-z]*\( "[^"]*"\)\?' "$SRC/test/doctor.tests.cmake" | tr -d '"' >"$tmp/walks"
walked_once '.doctor.finds != "nothing"' "is met by doctor in"
wrong "missing"
wrong "tftp-silent" tftp-silnt on
wrong "on or off" tftp-silent maybe
wrong "either" list --json --markdown
echo "ok"
