#!/usr/bin/env bash
# vmports ctl: show, verify, diff, accept, forget on real files; exit codes and words as promised.
# shellcheck source=place_lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/place_lib.sh"
vmports=$BIN/vmports make=$BUILD/test/ctl_make data=$SRC/test/data
[ -x "$vmports" ] || { echo "no $vmports"; exit 77; }
need openssl xxd
cd "$work" || exit 1
export XDG_STATE_HOME=$work/xdg
state="--state-dir $work/state"

# run_ctl CODE FILE REGEX WORDS...: WORDS are arguments of `vmports ctl`; FILE is `out` or `err`.
run_ctl() {
  local code=$1 file=$2 regex=$3; shift 3
  timeout 30 "$vmports" ctl "$@" >out 2>err
  local got=$?
  if [ $got != "$code" ]; then wrong "$*: exit $got, wanted $code" out err
  elif ! grep -qE -- "$regex" "$file"; then wrong "$*: std$file lacks $regex" out err
  else echo "ok: ctl $*"; fi
}
expect() { run_ctl "$1" out "${@:2}"; }    # CODE REGEX-ON-STDOUT WORDS...
complains() { run_ctl "$1" err "${@:2}"; } # CODE REGEX-ON-STDERR WORDS...

grep -v '^#' "$data/ctl_appendix_a.hex" | xxd -r -p >a.tlv
key=$data/ctl_appendix_a.key.pem cert=$data/ctl_appendix_a.cert.pem
openssl req -x509 -newkey rsa:2048 -nodes -keyout k2.pem -out c2.pem -days 30 \
  -subj "/C=JP/O=Example/CN=cucm1.lab.test" 2>/dev/null
# b: node 1 renewed, node 2 gone, node 3 new; still signed by a's signer. s: signed by a stranger.
"$make" b.tlv "$key" "$cert" 3 1768435300 "0:cucm1.lab.test:192.0.2.10:$cert" \
  2:cucm1.lab.test:192.0.2.10:c2.pem 2:cucm3.lab.test:192.0.2.13:c2.pem || exit 1
"$make" s.tlv k2.pem c2.pem 1 1768435400 0:cucm1.lab.test:192.0.2.10:c2.pem \
  2:cucm1.lab.test:192.0.2.10:c2.pem || exit 1
"$make" old.tlv "$key" "$cert" 1 1768435100 "0:cucm1.lab.test:192.0.2.10:$cert" \
  "2:cucm1.lab.test:192.0.2.10:$cert" || exit 1
"$make" plain.tlv "$key" "$cert" 1 1768435500 "0:cucm1.lab.test:192.0.2.10:$cert" \
  2:cucm1.lab.test:192.0.2.10:- || exit 1
{ head -c 2636 a.tlv; printf '\0'; } >bad.tlv
head -c 1000 a.tlv >cut.tlv
printf '<html>404</html>' >page.html
: >empty.tlv

# --- show prints as CUCM does (1.12)
expect 0 '^cea1389df4f9e5b8c9025188a69dcb9c\(MD5\)$' show a.tlv
for line in '^1e875220197a6a79beee6d279fdc60f5cff8b98b\(SHA1\)$' '^Length of CTL file: 2637$' \
  '^The CTL File was last modified on Thu Jan 15 00:00:00 UTC 2026$' '^Parse CTL File$' \
  '^Version: +1\.2$' '^HeaderLength: +328 \(BYTES\)$' '^BYTEPOS +TAG +LENGTH +VALUE$' \
  '^3 +SIGNERID +2 +141$' '^4 +SIGNERNAME +58 +CN=cucm1\.lab\.test;OU=Lab;O=Example;L=Minato;ST=Tokyo;C=JP$' \
  '^5 +SERIALNUMBER +16 +5A:11:B0:C4:D2:E3:4F:60:71:82:93:A4:B5:C6:D7:E8$' \
  '^7 +SIGNATUREINFO +2 +15$' '^9 +SIGNATUREALGOINFO +2 +8$' '^12 +SIGNATURE +128$' '^14 +FILENAME +12' \
  '^CTL Record #:1$' '^1 +RECORDLENGTH +2 +1139$' '^2 +DNSNAME +15 +cucm1\.lab\.test$' \
  '^4 +FUNCTION +2 +System Administrator Security Token$' '^4 +FUNCTION +2 +CCM\+TFTP$' '^7 +PUBLICKEY +140$' \
  '^9 +CERTIFICATE +686 +65 97 9A 77 51 CD 87 72 B4 EA 7A DD 2B 84 B8 9D B5 66 71 5E \(SHA1 Hash HEX\)$' \
  '^10 +IPADDRESS +4 +192\.0\.2\.11$' '^This etoken was used to sign the CTL file\.$' \
  '^The CTL file was verified successfully\.$'; do
  grep -qE "$line" out || wrong "show lacks: $line" out err
done
[ "$(grep -c 'etoken was' out)" = 1 ] || wrong "only the SAST record has that line" out err
"$make" two.tlv "$key" "$cert" 1 1 "0:b:-:c2.pem" "0:a:-:$cert" || exit 1
expect 0 '^This etoken was not used to sign the CTL file\.$' show two.tlv
expect 1 '^Error verifying the CTL File: CTL-26 ' show bad.tlv
complains 1 'CTL-14 cut.tlv: .*record 1' show cut.tlv
expect 1 '^CTL File not found' show $state
complains 1 'No such file' show nowhere.tlv

# --- verify: one line, exit 0 or 1
expect 0 '^accepted$' verify a.tlv
expect 0 '^accepted with warnings: CTL-34 .*not in mixed mode$' verify plain.tlv
expect 0 '^accepted$' verify b.tlv --held a.tlv
expect 1 '^refused: CTL-26 ' verify bad.tlv
expect 1 '^refused: CTL-14 ' verify cut.tlv
expect 1 '^refused: CTL-03 .*HTML' verify page.html
expect 1 '^refused: CTL-01 ' verify empty.tlv
expect 1 '^refused: CTL-32 ' verify s.tlv --held a.tlv
expect 0 '^accepted with warnings: CTL-33 ' verify old.tlv --held a.tlv
expect 1 '^refused: CTL-33 ' verify old.tlv --held a.tlv --strict
expect 0 '^accepted$' verify a.tlv --pin b37353a5664e01f99540f837c22295d07a711249ffe265724ece0e4ea3298f5d
expect 1 '^refused: CTL-30 ' verify b.tlv --pin b37353a5664e01f99540f837c22295d07a711249ffe265724ece0e4ea3298f5d
expect 1 '^refused: CTL-31 ' verify a.tlv --first refuse
for f in a.tlv bad.tlv plain.tlv; do
  timeout 30 "$vmports" ctl verify $f >out 2>/dev/null
  [ "$(wc -l <out)" = 1 ] || wrong "verify $f prints more than one line" out err
done

# --- diff says what changed and what a port would do
expect 0 '^~ CCM\+TFTP cucm1.lab.test \(192.0.2.10\): certificate renewed, serial 5A:11' diff a.tlv b.tlv
for line in '^- CCM\+TFTP 192.0.2.11 .*removed, without certificate$' '^\+ CCM\+TFTP cucm3.lab.test .*: added, certificate' \
  '^~ made: 2026-01-15 00:00:00 UTC -> 2026-01-15 00:01:40 UTC$' '^~ signed with: SHA-1 -> SHA-512$' \
  '^A port that holds the old list accepts the new one\.$'; do
  grep -qE "$line" out || wrong "diff lacks: $line" out err
done
grep -q '^~ signed by' out && wrong "the signer is the same" out err
expect 0 '^~ signed by: .* -> .*SHA-256 [0-9a-f]{64}$' diff a.tlv s.tlv
grep -qE '^A port that holds the old list refuses the new one: CTL-32 ' out || wrong "diff: the verdict" out err
expect 0 'certificate taken out \(non-secure mode\)' diff old.tlv plain.tlv
expect 0 '^No changes\.$' diff a.tlv a.tlv

# --- accept stores what verify would refuse, after both fingerprints; forget
expect 0 '^no list was held$' accept a.tlv $state
expect 0 '^The CTL file was verified' show $state
expect 0 "^held list$" accept s.tlv $state
[ "$(grep -c 'SHA-256 [0-9a-f]\{64\}' out)" = 2 ] || wrong "two fingerprints" out err
cmp -s s.tlv state/CTLFile.tlv && cmp -s a.tlv state/CTLFile.tlv.bak || wrong "stored, with its backup" out err
[ "$(stat -c %a state/CTLFile.tlv)" = 600 ] || wrong "mode of the held list" out err
expect 1 '^refused: CTL-26 ' accept bad.tlv $state
cmp -s s.tlv state/CTLFile.tlv || wrong "a refused list replaced the held one" out err
cp bad.tlv state/CTLFile.tlv
complains 1 'CTL-40 .*state/CTLFile.tlv is damaged' show $state
expect 0 '^held in ' accept a.tlv $state
expect 0 '^no list is held' forget $state
expect 1 '^CTL File not found' show $state
expect 0 '^no list is held' forget $state
expect 0 '^held in ' accept a.tlv --state-dir deep/er/dir
complains 1 'Not a directory' accept a.tlv --state-dir a.tlv/sub

# --- wrong use is 2, help is 0
complains 2 'usage|Usage' # no command
complains 2 'did you mean verify' verfy a.tlv
complains 2 'a file is missing' verify
complains 2 'too much' verify a.tlv b.tlv
complains 2 '--tftp|TFTP servers' fetch
complains 2 'not a port' fetch -t host:99999
complains 2 'unknown option' show --colour
complains 2 'has 4 hex digits' verify a.tlv --pin abcd
complains 2 'not a SHA-256' verify a.tlv --pin xyz
complains 2 'needs --pin' verify a.tlv --first pin
complains 2 'accept, pin|accept' verify a.tlv --first maybe
expect 0 '^Usage: vmports ctl' --help
expect 0 '^Usage: vmports ctl' verify --help
exit $bad
