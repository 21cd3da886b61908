#!/usr/bin/env bash
# A part of tls/MATRIX.md with one end of openssl's: our port against `openssl s_server`, and `openssl
# s_client` offering what a port offers against our call manager. The table is the same.
# shellcheck source=tls_openssl_lib.sh
. "$(dirname "$0")/tls_openssl_lib.sh"
matrix=$SRC/tls/MATRIX.md

"$peer" port state CiscoUM1-VI1 port.pem port.key || exit 1
"$peer" port state CiscoUM1-VI1 old.pem old.key legacy || exit 1
cat state/root.pem state/legacy/root.pem >roots.pem
"$peer" node cucm1.lab.test node-1024.pem node-1024.key bits=1024 sha1 || exit 1
"$peer" node cucm1.lab.test node-2048.pem node-2048.key || exit 1
"$peer" node cucm1.lab.test node-ec.pem node-ec.key curve=P-256 || exit 1

# cell PORT MANAGER CERTIFICATE SUITE: what the table says there, in $cell.
cell() {
  cell=$(awk -F ' *[|] *' -v p="$1" -v m="$2" -v c="$3" -v s="$4" '
    $2 == "Port" { for (i = 5; i <= NF; i++) if ($i == s) at = i }
    at && $2 == p && $3 == m && $4 == c { print $at }' "$matrix")
  [ -n "$cell" ] || { echo "FAILED: no cell $1 | $2 | $3 | $4"; bad=1; return 1; }
}
node_of() {
  case $1 in
  'RSA 1024, SHA-1') node="node-1024" ;;
  'RSA 2048') node="node-2048" ;;
  *) node="node-ec" ;;
  esac
}
# port_of PORT: its certificate, and what it offers: the words of tls_peer and of s_client.
port_of() {
  local my_level list=ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256:AES128-SHA:AES256-SHA
  mine=port my_level=2 words=() offer=(-min_protocol TLSv1.2 -max_protocol TLSv1.2)
  case $1 in *legacy) mine=old my_level=0 words=(legacy) offer=(-min_protocol TLSv1 -max_protocol TLSv1.2) ;; esac
  case $1 in
  *1.3) words=(tls13) offer=(-min_protocol TLSv1.2 -max_protocol TLSv1.3) ;;
  authenticated*) words+=(authenticated) list=NULL-SHA my_level=0 ;;
  esac
  offer+=(-cipher "$list:@SECLEVEL=$my_level")
}
name_of() { [ "$1" = 1.0 ] && echo TLSv1 || echo "TLSv$1"; }

# theirs PORT MANAGER CERTIFICATE SUITE: our port, their server.
theirs() {
  local version=${2%,*} level=0 want flag suite=$4
  cell "$@" && [ "$cell" != - ] || return
  case $2 in *strict) level=2 ;; esac
  flag=-tls${version/./_}
  [ "$version" = 1.0 ] && flag=-tls1
  [ "$version" = 1.3 ] && suite=TLS_
  case $cell in
  ok) want="^up $(name_of "$version") $suite" ;;
  *'<'*) want="^(down|error) ${cell% <*} .*it sent alert ${cell#*<}" ;;
  *) want="^(down|error) ${cell% >*} .*we sent alert ${cell#*>}" ;;
  esac
  node_of "$3"
  port_of "$1"
  client "s_server: $1 | $2 | $3 | $4: $cell" "$want" -- -cert $node.pem -key $node.key -Verify 1 \
    -verify_return_error -CAfile roots.pem "$flag" -cipher "$4:@SECLEVEL=$level" \
    -- "$mine.pem" "$mine.key" "$node.pem" "${words[@]}"
}
# ours PORT MANAGER CERTIFICATE SUITE: their client, our call manager.
ours() {
  local version=${2%,*} at=legacy here there
  cell "$@" && [ "$cell" != - ] || return
  case $2 in *strict) at=ciphers=$4 ;; esac
  case $cell in
  ok) here="^up $(name_of "$version") " there='a line of tls_peer' ;;
  *'<40') here='^down TLS-08 ' there='alert handshake failure' ;;
  *'<42') here='^down TLS-11 ' there='alert bad certificate' ;;
  *'<70') here='^down TLS-07 ' there='alert protocol version' ;;
  *) here='^down ' there='unsupported protocol|wrong ssl version|certificate verify failed' ;;
  esac
  node_of "$3"
  port_of "$1"
  server "s_client: $1 | $2 | $3 | $4: $cell" "$here" "$there" -- $node.pem $node.key roots.pem "$at" \
    "min=$version" "max=$version" "ciphers=$4" -- -cert "$mine.pem" -key "$mine.key" "${offer[@]}"
}

plain='encrypted' old='encrypted, legacy' new='encrypted, up to 1.3' null='authenticated, legacy'
both() { theirs "$@"; ours "$@"; }
for mode in "$plain" "$old" "$new"; do
  for manager in 1.0 1.1 1.2 1.3; do
    both "$mode" "$manager" 'RSA 2048' AES128-SHA
  done
  theirs "$mode" '1.2, strict' 'RSA 2048' AES128-SHA
  theirs "$mode" '1.3, strict' 'RSA 2048' AES128-SHA
done
for manager in 1.0 1.1 1.2 1.3; do
  theirs "$old" "$manager" 'RSA 1024, SHA-1' AES128-SHA
  theirs "$plain" "$manager" 'RSA 1024, SHA-1' AES256-SHA
  theirs authenticated "$manager" 'RSA 2048' NULL-SHA
  both "$null" "$manager" 'RSA 1024, SHA-1' NULL-SHA
done
for suite in ECDHE-RSA-AES128-GCM-SHA256 ECDHE-RSA-AES256-GCM-SHA384 AES256-SHA NULL-SHA; do
  both "$plain" 1.2 'RSA 2048' $suite
done
theirs "$plain" 1.2 'EC P-256' ECDHE-ECDSA-AES256-GCM-SHA384
theirs "$plain" 1.2 'EC P-256' ECDHE-ECDSA-AES128-GCM-SHA256
theirs "$plain" 1.2 'EC P-256' AES128-SHA
theirs "$new" 1.3 'EC P-256' ECDHE-ECDSA-AES256-GCM-SHA384
exit $bad
