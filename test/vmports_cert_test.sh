#!/usr/bin/env bash
# vmports cert: the page of the root, its export for CUCM, its renewal; wrong use exits 2.
set -u
for tool in openssl jq; do
  command -v $tool >/dev/null || { echo "$tool is missing"; exit 77; }
done
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
bad=0
check() { # NAME COMMAND...
  local name=$1; shift
  if "$@" >log 2>&1; then echo "ok: $name"; else echo "FAILED: $name"; sed 's/^/    /' log; bad=1; fi
}
exits() { # CODE NAME COMMAND...
  local want=$1 name=$2; shift 2
  "$@" >out 2>&1
  local got=$?
  if [ $got = "$want" ]; then echo "ok: $name"; else echo "FAILED: $name: exit $got"; sed 's/^/    /' out; bad=1; fi
}
cert() { local c=$1; shift; "$BIN/vmports" cert "$c" --state-dir "$work/state" "$@"; }
same() { [ "$1" = "$2" ] || { echo "got:  $1"; echo "want: $2"; return 1; }; }

# Export comes before anything was run: the root is made for it.
path=$(cert export "$work" 2>talk.txt)
check "export into a directory uses the subject's hash" \
  same "$path" "$work/$(openssl x509 -in "$path" -noout -subject_hash).0"
check "talk goes to stderr" grep -q CallManager-trust talk.txt
check "export to a file prints it" same "$(cert export "$work/root.pem" 2>/dev/null)" "$work/root.pem"
check "a slash makes the directory" same "$(cert export new/ 2>/dev/null)" "new/${path##*/}"
check "and all are the same certificate" cmp "$path" root.pem
check "a dash is stdout" same "$(cert export - 2>/dev/null)" "$(cat root.pem)"
check "openssl takes it as a certificate authority" openssl verify -CAfile root.pem root.pem

cert show >page
cert show --json >page.json
field() { openssl x509 -in root.pem -noout "$@" | sed 's/^[^=]*=//'; }
page() { sed -n "s/^$1: *//p" page; }
check "show: file name" same "$(page 'File Name')" "${path##*/}"
check "show: serial number" same "$(page 'Serial Number')" "$(field -serial | tr A-F a-f)"
check "show: subject" same "$(page Subject)" "$(field -subject -nameopt RFC2253)"
check "show: SHA-1" same "$(page SHA-1)" "$(field -fingerprint -sha1 | tr A-F a-f)"
check "show: SHA-256" same "$(page SHA-256)" "$(field -fingerprint -sha256 | tr A-F a-f)"
check "show: version as the page counts it" same "$(page Version)" 2
check "show: the PEM text" grep -qF "$(sed -n 2p root.pem)" page
check "json: the same certificate" same "$(jq -r .pem page.json)" "$(cat root.pem)"
check "json: days left" jq -e '.days_left > 2550 and .days_left <= 2558' page.json
check "no key in what is shown or exported" bash -c "! grep -l 'PRIVATE KEY' page page.json root.pem"

cert renew >name.txt 2>talk.txt
check "renew makes another root" bash -c "! cmp -s root.pem state/root.pem"
check "renew says PKI-02" grep -q PKI-02 talk.txt
check "renew prints the new file name" same "$(cat name.txt)" "$(openssl x509 -in state/root.pem -noout -subject_hash).0"
cert show --legacy-tls >page
check "the legacy set is RSA 1024 and SHA-1" same "$(page Key)" "RSA 1024 bits, RSA-SHA1"
check "keys are private" same "$(stat -c %a state/root.key state/ports.key state/legacy/root.key | sort -u)" 600

check "two at once agree" bash -c '
  for i in 1 2 3 4; do "$BIN/vmports" cert show --json --legacy-tls --state-dir both >both.$i & done; wait
  [ "$(cat both.? | jq -r .sha256 | sort -u | wc -l)" = 1 ] && [ "$(cat both.? | jq -r .sha256 | wc -l)" = 4 ]'

exits 2 "no command" "$BIN/vmports" cert
exits 2 "an unknown command" "$BIN/vmports" cert shwo
exits 2 "export without a target" cert export
exits 2 "too many arguments" cert export a b
exits 2 "an unknown option" cert show --jsn
exits 2 "--json for renew" cert renew --json
exits 1 "a target that cannot be written" cert export /nonexistent/root.pem
exits 0 "help" cert show --help
chmod 644 state/root.key
exits 1 "a wide key file" cert show
check "and it says which mode is wanted" grep -q 'mode 0644.*0600' out
exit $bad
