#!/usr/bin/env bash
# The README shows doctor in five runs: what it shows is what doctor says, but for what is another in
# each run (ports, sums, serial numbers, dates) and for where a line ends.
. "$(dirname "$0")/lib.sh"
need jq awk

plain() { # one line, and a letter for what differs from run to run
  tr -s ' \n' ' ' | sed -E 's/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}/G/g; s/\b[0-9a-f]{8,}(\.0)?\b/H/g
    s/(127\.0\.0\.1):[0-9]+/\1:P/g; s/\b20[0-9]{2}-[0-9-]{5} [0-9:]{8} UTC/D/g'
}
shown() { # TITLE: what stands under it in the README
  awk -v title="# $1" '/^```/ { on = 0 } on && /^# / { on = 0 } on; $0 == title { on = 1 }' "$SRC/README.md"
}
as_shown() { # TITLE [options]
  local title=$1 want got; shift
  want=$(shown "$title" | plain)
  timeout 60 "$vmports" doctor --state-dir "$dir/vmports" "$@" >"$dir/doctor.txt" 2>"$dir/doctor.log"
  got=$(plain <"$dir/doctor.txt")
  if [ ${#want} -gt 100 ] && [[ $got == *"$want"* ]]; then ok "$title"; else
    fail "$title: the README shows"
    printf '%s\n--- doctor says\n%s\n' "$want" "$got"
  fi
}

start_labcm
here=(-t "127.0.0.1:$lab_tftp" -s "127.0.0.1:$lab_tls")
expect 0 lab fault tftp-error-1 on
as_shown 'no list on the TFTP server' "${here[@]}"
expect 0 lab fault tftp-error-1 off
expect 0 lab fault tls-not-in-list on
as_shown 'CallManager certificate renewed, list not' "${here[@]}"
expect 0 lab fault tls-not-in-list off
expect 0 lab fault tls-root-unknown on
as_shown 'our root not uploaded' "${here[@]}"
expect 0 lab fault tls-root-unknown off
as_shown 'prefix without -VI' "${here[@]}" --prefix CiscoUM1
expect 0 lab mode non-secure
as_shown 'cluster not in mixed mode' "${here[@]}"
exit "$bad"
