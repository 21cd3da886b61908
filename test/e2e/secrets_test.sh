#!/usr/bin/env bash
# secrets_test.sh FORMAT: no secret in anything that is said: logs of both programs at every level in this
# format, status, summary, answers of the control sockets. Keys are those of labcm's key log, private keys those of the
# state directories, the PIN what a caller dialled in each way there is.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
need jq openssl xxd
format=$1 pin=90210734
forms=(keypad tone notify rfc2833)
head -c 16044 "$greeting" >"$dir/short.wav"

# Everything that was said goes to $dir/said.
say() { "$@" >>"$dir/said" 2>&1; }
start_labcm -n 2 -vvv --log-format "$format"
start_vmports -n 2 -vvv --log-format "$format" -g "$dir/short.wav" --after-greeting silence
wait_registered 2
for form in "${forms[@]}"; do
  say lab call 1001 8000 --dtmf "$pin" --dtmf-form "$form" --for 2 --json
done
[ "$(grep -c '"answered": true' "$dir/said")" = ${#forms[@]} ] || fail "a call was not answered"
say vm mwi on 1001 --wait
for words in status 'status --json' 'mwi status'; do say vm $words; done
for words in devices 'devices --json' info 'info --json' lamp; do say lab $words; done
say vm reset CiscoUM1-VI1
wait_registered 2
say "$vmports" cert show --state-dir "$dir/vmports"
say "$vmports" cert show --state-dir "$dir/vmports" --json
stop_vmports
[ "$vm_code" = 0 ] || fail "run ended with $vm_code"
expect 0 lab stop
wait "$lab_pid" || fail "labcm ended with $?"
cat "$dir/vmports.log" "$dir/summary.json" "$dir/labcm.log" >>"$dir/said"

# Each secret as hex, as hex in capitals and as base64, as a line to look for.
forms_of() { # HEX-LINES
  local hex
  while read -r hex; do
    echo "$hex"
    echo "${hex^^}"
    xxd -r -p <<<"$hex" | base64 -w0 | tr -d =
    echo
  done
}
secrets() {
  grep '^SRTP_KEY' "$dir/lab.keys" | cut -d' ' -f4 | sed 's/^\(.\{32\}\)\(.*\)$/\1\n\2\n\1\2/'
  grep '^CLIENT_RANDOM' "$dir/lab.keys" | cut -d' ' -f3
  local key
  for key in "$dir"/vmports/*.key "$dir"/labcm/*.key; do
    # The secret exponent, as bytes; the file's text is looked for below.
    openssl rsa -in "$key" -noout -text 2>/dev/null | sed -n '/privateExponent/,/prime1/p' |
      grep -o '[0-9a-f:]*:[0-9a-f:]*' | tr -d ':\n' | sed 's/^00//'
    echo
  done
}
secrets | grep -E '^[0-9a-f]{24,}$' | sort -u >"$dir/secrets.hex"
[ "$(grep -c . "$dir/secrets.hex")" -ge 25 ] || fail "few secrets are known: $(wc -l <"$dir/secrets.hex")"
forms_of <"$dir/secrets.hex" >"$dir/secrets"
# Lines of the private keys' files.
cat "$dir"/vmports/*.key "$dir"/labcm/*.key | sed '/BEGIN CERT/,/END CERT/d' | grep -v -e ---- >>"$dir/secrets"
echo "$pin" >>"$dir/secrets"

# What is looked for can be found: in the key log, which is made to tell.
grep -q -F -f "$dir/secrets" "$dir/lab.keys" || fail "the list of secrets finds nothing in the key log"
if grep -n -F -f "$dir/secrets" "$dir/said" >"$dir/told"; then
  fail "a secret is told:"
  cut -c1-200 "$dir/told" | head -20
else
  ok "no key, no salt, no PIN in $(wc -l <"$dir/said") lines"
fi

# A digit at a time is a PIN too: messages that carry one show that they do, and hide it. Tones with a
# name are no digits.
for message in KeypadButton StartTone NotifyDtmfTone; do
  grep -qF "$message" "$dir/said" || fail "$message was not said at level trace"
  grep -F " $message " "$dir/said" | grep -vE '=\(hidden\)|tone=[0-9]+\([A-Z]' >"$dir/told"
  [ -s "$dir/told" ] && { fail "$message is told with its digit:"; head -3 "$dir/told"; }
done
exit "$bad"
