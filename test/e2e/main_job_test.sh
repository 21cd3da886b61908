#!/usr/bin/env bash
# The main job: eight encrypted ports register, one answers with the greeting, lamps go on and off.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
need jq

start_labcm
start_vmports -v --keylog "$dir/vm.keys"
wait_registered 8
vm status --json >"$dir/status.json"
holds '(.ports | length) == 8' "$dir/status.json" "eight rows"
holds '[.ports[]["Port Name"]] == ["CiscoUM1-VI1","CiscoUM1-VI2","CiscoUM1-VI3","CiscoUM1-VI4",
  "CiscoUM1-VI5","CiscoUM1-VI6","CiscoUM1-VI7","CiscoUM1-VI8"]' "$dir/status.json" "in order"
holds 'all(.ports[]; .security == "encrypted" and .tls_version == "TLSv1.2" and .cipher != "")' \
  "$dir/status.json" "each in encrypted mode by TLS 1.2"
expect 0 lab devices --json
holds '[.[] | select(.registered and .certificate_cn == .name)] | length == 8' "$dir/out" \
  "labcm agrees: eight devices, each with its own certificate"

expect 0 lab call 1001 8000 --expect "$greeting" --json
holds '.answered and .encrypted and .expect.equal and .auth_failures == 0 and .lost == 0' \
  "$dir/out" "a phone hears the greeting sample for sample by SRTP"
grep -q 'answered: caller 1001, called 8000$' "$dir/vmports.log" && ok "the log names the call" ||
  fail "a direct call is logged as: $(grep answered: "$dir/vmports.log")"
grep -q 'warning: 1001' "$dir/labcm.log" && fail "labcm warns of a good call"

for state in on off; do
  expect 0 vm mwi $state 1001 1002 --wait
  want=$([ $state = on ] && echo true || echo false)
  expect 0 lab lamp 1001 1002 --json
  holds "all(.[]; .on == $want) and length == 2" "$dir/out" "lamps are $state at both ends"
done
expect 0 vm mwi status

# A second phone system on the same control socket is refused; the first one stays.
expect 1 "$vmports" run -n 1 -t "127.0.0.1:$lab_tftp" --control "$dir/v.sock" --state-dir "$dir/other"
registered 8 || fail "a second run hurt the first"

stop_vmports
[ "$vm_code" = 0 ] || fail "vmports run ended with $vm_code"
holds '.ports == 8 and .registered == 8 and .calls == 1 and .mwi.confirmed == 4 and
  .mwi.failed == 0' "$dir/summary.json" "the summary at the end"
expect 0 lab devices --json
holds '[.[] | select(.registered)] | length == 0' "$dir/out" "every port unregistered"
expect 1 vm status
expect 0 lab stop
wait "$lab_pid" || fail "labcm ended with $?"
[ "$(stat -c %a "$dir/vm.keys")" = 600 ] || fail "the key log can be read by others"
exit "$bad"
