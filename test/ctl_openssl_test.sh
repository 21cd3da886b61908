#!/usr/bin/env bash
# OpenSSL's own tools judge the signature of lists that we build, as ctl-tftp-tls.md A.2 does by hand.
# shellcheck source=place_lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/place_lib.sh"
make=$BUILD/test/ctl_make data=$SRC/test/data
need openssl xxd dd
cd "$work" || exit 1

# u16 FILE OFFSET
u16() { echo $((0x$(xxd -s "$2" -l 2 -p "$1"))); }

# split FILE: finds the signature TLV by walking the outer header, writes `sig` and `body`.
split() {
  local file=$1 at=10 tag len end
  end=$(u16 "$file" 8)
  while [ $at -lt "$end" ]; do
    tag=$(xxd -s $at -l 1 -p "$file")
    [ "$tag" = 0d ] && { at=$((at + 1)); continue; }
    len=$(u16 "$file" $((at + 1)))
    [ "$tag" = 0c ] && break
    at=$((at + 3 + len))
  done
  [ "$tag" = 0c ] || return 1
  dd if="$file" bs=1 skip=$((at + 3)) count="$len" of=sig 2>/dev/null
  { head -c $at "$file"; tail -c +$((at + 3 + len + 1)) "$file"; } >body
}

# judged WHAT FILE DIGEST CERT
judged() {
  split "$2" || { wrong "$1: no signature"; return; }
  openssl x509 -in "$4" -noout -pubkey >pub.pem
  if [ "$(openssl dgst "-$3" -verify pub.pem -signature sig body 2>&1)" = "Verified OK" ]; then
    ok "$1"
  else
    wrong "$1"
  fi
}

key=$data/ctl_appendix_a.key.pem cert=$data/ctl_appendix_a.cert.pem
grep -v '^#' "$data/ctl_appendix_a.hex" | xxd -r -p >golden.tlv
"$make" built.tlv "$key" "$cert" 1 1768435200 "0:cucm1.lab.test:192.0.2.10:$cert" \
  "2:cucm1.lab.test:192.0.2.10:$cert" 2:192.0.2.11:192.0.2.11:- || wrong "ctl_make"
if cmp -s golden.tlv built.tlv; then ok "the worked example is rebuilt byte for byte"; else wrong "rebuilt"; fi
judged "openssl verifies it" built.tlv sha1 "$cert"
[ "$(openssl dgst -sha1 -r body | cut -d' ' -f1)" = 9046f98f4ded744cee1340348ed37ba3f6ace987 ] &&
  ok "the signed bytes are those of A.2" || wrong "the signed bytes"

openssl req -x509 -newkey rsa:2048 -nodes -keyout k2.pem -out c2.pem -days 30 -subj /CN=sast2 2>/dev/null
openssl req -x509 -newkey rsa:4096 -nodes -keyout k4.pem -out c4.pem -days 30 -subj /CN=sast4 2>/dev/null
for digest in 1:sha1 2:sha256 3:sha512; do
  for k in 2 4; do
    "$make" l.tlv k$k.pem c$k.pem ${digest%:*} 1768435200 0:a:-:c$k.pem 2:a:10.0.0.1:c2.pem || wrong make
    judged "RSA ${k}0xx with ${digest#*:}" l.tlv ${digest#*:} c$k.pem
  done
done
judged "the judge itself: a foreign key is refused" l.tlv sha512 c2.pem | grep -q FAILED &&
  ok "a foreign key is refused by the judge" || wrong "the judge takes anything"
exit $bad
