#!/usr/bin/env bash
# Doctor meets the lab's fault menu: for each fault, which step says what, and which cause comes first.
. "$(dirname "$0")/lib.sh"
need jq

start_labcm
expect 0 "$vmports" ctl fetch -t "127.0.0.1:$lab_tftp" --state-dir "$dir/vmports"

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
done <<'TABLE'
tftp-short tftp TFTP-08 wrong size
tftp-other-file ctl CTL-03 wrong TFTP server
tftp-error-0 tftp TFTP-03 reported an error
tftp-error-1 tftp TFTP-01 wrong TFTP server
tftp-error-2 tftp TFTP-02 no CUCM node
tftp-error-5 tftp TFTP-03 reported an error
ctl-bit-header ctl CTL-26 changed or damaged
ctl-bit-record ctl CTL-26 changed or damaged
ctl-bit-signature ctl CTL-26 changed or damaged
ctl-cut ctl CTL-14 cut off
ctl-header-length ctl CTL-08 cut off
ctl-look-alike ctl CTL-26 changed or damaged
ctl-unknown-signer ctl CTL-32 was regenerated
ctl-signer-not-listed ctl CTL-24 changed or damaged
ctl-signer-capf ctl CTL-25 changed or damaged
ctl-empty ctl CTL-29 no usable list
tls-root-unknown tls TLS-03 not in CallManager-trust
tls-not-in-list tls TLS-02 was regenerated
tls-old-version tls TLS-10 old call manager
tls-no-suite tls TLS-08 Device Security Mode
tls-reset tls NET-03 not in CallManager-trust
tls-closes tls NET-03 not in CallManager-trust
tls-garbage tls - not the secure SCCP port
sccp-reject register - security modes
sccp-closes register TLS-06 InvalidX509NameInCertificate
sccp-other-name register TLS-06 CN is not the device name
sccp-other-mode register TLS-09 security modes
sccp-cut-frame register - stopping or restarting
sccp-no-register-ack register - overloaded
sccp-length-0 register - no SCCP port
sccp-length-4g register - no SCCP port
TABLE

# An old list is taken, as by a port that is not strict, but not without a word.
expect 0 lab fault ctl-old on
expect 0 "$vmports" doctor --json --state-dir "$dir/vmports" -t "127.0.0.1:$lab_tftp" \
  -s "127.0.0.1:$lab_tls"
holds '.steps[2].warnings | any(.id == "CTL-33")' "$dir/out" 'ctl-old: a warning'
expect 0 lab fault ctl-old off

timeout 60 "$vmports" doctor --state-dir "$dir/vmports" -t "127.0.0.1:$lab_tftp" \
  -s "127.0.0.1:$lab_tls" >"$dir/out" 2>&1 && ok 'all faults off: all well' || fail 'not well again'
exit "$bad"
