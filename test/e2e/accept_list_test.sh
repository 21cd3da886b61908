#!/usr/bin/env bash
# The held list of a run and the one on disk: kept when the disk takes it at last, and looked at again
# when an operator has accepted another.
. "$(dirname "$0")/lib.sh"
need jq

refused() { grep -q CTL-32 "$dir/vmports.log"; }

start_labcm
mkdir "$dir/vmports/.CTLFile.tlv.new" # where a new list is written first
start_vmports
wait_registered 8
grep -q CTL-39 "$dir/vmports.log" || fail "a list that cannot be stored is not worth a word"
rmdir "$dir/vmports/.CTLFile.tlv.new"
vm reset 2>/dev/null
until_true 100 test -s "$dir/vmports/CTLFile.tlv" || fail "a list that could be stored by now is not"
wait_registered 8

# The same place, another cluster: nothing that signed the held list signs this one.
kill "$lab_pid"; wait "$lab_pid" 2>/dev/null
rm -r "$dir/labcm" "$dir/ready.json"
start_labcm --tftp-port "$lab_tftp" --tls-port "$lab_tls"
vm reset 2>/dev/null
until_true 200 refused || fail "the list of an unknown signer was not refused"
registered 0 || fail "ports trust a call manager that the held list does not name"
expect 1 "$vmports" ctl fetch -t "127.0.0.1:$lab_tftp" -o "$dir/new.tlv" --state-dir "$dir/vmports"
expect 0 "$vmports" ctl accept "$dir/new.tlv" --state-dir "$dir/vmports"
vm reset 2>/dev/null
until_true 200 registered 8 || fail "the accepted list is not used after a reset"
registered 8 && ok "accepted, and used"
stop_vmports
[ "$vm_code" = 0 ] || fail "vmports run ended with $vm_code"
exit "$bad"
