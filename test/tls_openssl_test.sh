#!/usr/bin/env bash
# Our client against `openssl s_server`, our server against `openssl s_client`: right and wrong
# certificates, versions and suites; and `openssl verify` on what the authority makes.
set -u
peer=$BUILD/test/tls_peer
command -v openssl >/dev/null || { echo "openssl is missing"; exit 77; }
work=$(mktemp -d) || exit 1
pids=()
cleanup() {
  [ ${#pids[@]} -gt 0 ] && kill "${pids[@]}" 2>/dev/null
  wait 2>/dev/null
  rm -rf "$work"
}
trap cleanup EXIT
trap '' PIPE # s_server may be gone when it is fed
cd "$work" || exit 1
bad=0
ok() { echo "ok: $1"; }
wrong() { echo "FAILED: $1"; shift; sed 's/^/    /' "$@"; bad=1; }
# wait_line FILE REGEX: at most 10 seconds.
wait_line() {
  for _ in $(seq 200); do grep -qE "$2" "$1" 2>/dev/null && return 0; sleep 0.05; done
  return 1
}
# says WHAT REGEX FILE
says() { if grep -qE "$2" "$3"; then ok "$1"; else wrong "$1 (wanted: $2)" "$3"; fi; }

"$peer" port state CiscoUM1-VI1 port.pem port.key || exit 1
"$peer" port other CiscoUM1-VI1 stranger.pem stranger.key || exit 1
"$peer" port state CiscoUM1-VI1 old.pem old.key legacy || exit 1
"$peer" node cucm1.lab.test node.pem node.key || exit 1
"$peer" node cucm1.lab.test twin.pem twin.key || exit 1
"$peer" node cucm1.lab.test oldnode.pem oldnode.key legacy || exit 1

# ---- what the authority makes, judged by openssl
openssl verify -purpose sslclient -CAfile state/root.pem port.pem >v 2>&1
says "openssl verifies a port's certificate under the root" '^port.pem: OK' v
openssl verify -CAfile other/root.pem port.pem >v 2>&1
says "and not under another root" 'error 20|unable to get local issuer' v
openssl verify -auth_level 0 -CAfile state/legacy/root.pem old.pem >v 2>&1
says "and the legacy set" '^old.pem: OK' v
openssl x509 -in state/root.pem -noout -text >v
says "the root is CA:TRUE, pathlen:0, critical" 'Basic Constraints: critical' v
says "with CUC's key usage" 'Digital Signature, Key Encipherment, Key Agreement, Certificate Sign' v

# ---- our client, their server: serve NAME s_server-options...
serve() {
  local out=$1; shift
  # A line to say comes by a fifo that stays open, so that s_server does not see the end of input.
  mkfifo "$out.in"
  openssl s_server -accept 127.0.0.1:0 -naccept 1 -quiet "$@" <"$out.in" >"$out" 2>"$out.err" &
  pids+=($!)
  last=$!
  exec {feed}>"$out.in"
  port=
  for _ in $(seq 200); do
    # -quiet hides "ACCEPT": the kernel knows the port.
    port=$(find_port "$last") && [ -n "$port" ] && break
    kill -0 "$last" 2>/dev/null || break
    sleep 0.05
  done
  [ -n "$port" ] || { wrong "s_server did not start" "$out.err"; return 1; }
}
# The port a process listens at, from /proc (no ss, no netstat needed).
find_port() {
  local inode hex
  for inode in $(find "/proc/$1/fd" -lname 'socket:*' -printf '%l\n' 2>/dev/null | tr -dc '0-9\n'); do
    hex=$(awk -v i="$inode" '$4 == "0A" && $10 == i { sub(/.*:/, "", $2); print $2 }' /proc/net/tcp)
    [ -n "$hex" ] && { echo $((16#$hex)); return; }
  done
}
# client NAME WANT -- s_server-options -- tls_peer words after the address
client() {
  local name=$1 want=$2; shift 3
  local server=()
  while [ "$1" != -- ]; do server+=("$1"); shift; done
  shift
  n=$((${n:-0} + 1))
  serve "server$n" "${server[@]}" || return
  "$peer" connect "127.0.0.1:$port" "$@" >"client$n" 2>&1 &
  local us=$!
  pids+=("$us")
  wait_line "client$n" '^(up|down|error) '
  if grep -q '^up ' "client$n"; then { echo "a line of s_server" >&"$feed"; } 2>/dev/null; fi
  wait "$us"
  exec {feed}>&-
  kill "$last" 2>/dev/null
  wait "$last" 2>/dev/null
  says "$name" "$want" "client$n"
}
mutual=(-cert node.pem -key node.key -Verify 1 -verify_return_error -CAfile state/root.pem)
ours=(port.pem port.key node.pem)
client "mutual TLS 1.2 with s_server -Verify 1" '^up TLSv1.2 ECDHE-RSA-AES256-GCM-SHA384 cucm1.lab.test$' \
  -- "${mutual[@]}" -- "${ours[@]}"
says "their line arrived" '^bytes a line of s_server$' client1
says "our line arrived" 'a line of tls_peer' server1
client "CUCM's suite of old" '^up TLSv1.2 AES128-SHA ' -- "${mutual[@]}" -cipher AES128-SHA -- "${ours[@]}"
client "NULL-SHA for an authenticated port" '^up TLSv1.2 NULL-SHA ' \
  -- "${mutual[@]}" -tls1_2 -cipher NULL-SHA:@SECLEVEL=0 -- "${ours[@]}" authenticated
client "TLS 1.0 with RSA 1024 and SHA-1" '^up TLSv1 AES128-SHA ' \
  -- -cert oldnode.pem -key oldnode.key -Verify 1 -verify_return_error -CAfile state/legacy/root.pem \
  -tls1 -cipher AES128-SHA:@SECLEVEL=0 -- old.pem old.key oldnode.pem legacy
client "a look-alike is TLS-02" '^down TLS-02 .*not in the CTL.*we sent alert 48 unknown_ca' \
  -- -cert twin.pem -key twin.key -Verify 1 -CAfile state/root.pem -- "${ours[@]}"
says "s_server got our alert" 'alert unknown ca' "server$n.err"
client "a root s_server lacks is TLS-03" '^down TLS-03 .*it sent alert 48 unknown_ca' \
  -- -cert node.pem -key node.key -Verify 1 -verify_return_error -CAfile other/root.pem -- "${ours[@]}"
client "another suite is TLS-08" '^down TLS-08 .*alert 40' \
  -- "${mutual[@]}" -tls1_2 -cipher DHE-RSA-AES128-SHA256 -- "${ours[@]}"
client "a server of TLS 1.3 alone is TLS-07" '^down TLS-07 .*alert 70' -- "${mutual[@]}" -tls1_3 -- "${ours[@]}"
client "TLS 1.3 on request" '^up TLSv1.3 ' -- "${mutual[@]}" -tls1_3 -- "${ours[@]}" tls13
client "a refusal after up under TLS 1.3 is TLS-03" '^down TLS-03 ' \
  -- -cert node.pem -key node.key -Verify 1 -verify_return_error -CAfile other/root.pem -tls1_3 \
  -- "${ours[@]}" tls13

# ---- our server, their client
# server NAME OUR-WANT THEIR-WANT -- words of tls_peer -- s_client-options
server() {
  local name=$1 our_want=$2 their_want=$3; shift 4
  local words=()
  while [ "$1" != -- ]; do words+=("$1"); shift; done
  shift
  n=$((n + 1))
  "$peer" listen 127.0.0.1 "${words[@]}" >"server$n" 2>&1 &
  local us=$!
  pids+=("$us")
  wait_line "server$n" '^listening ' || { wrong "$name: no listener" "server$n"; return; }
  local where
  where=$(sed -n 's/^listening //p' "server$n")
  { wait_line "server$n" '^(up|down) ' && echo "a line of s_client" 2>/dev/null; wait_line "client$n" 'tls_peer|alert'; } |
    timeout 20 openssl s_client -connect "$where" -ign_eof "$@" >"client$n" 2>&1
  wait "$us"
  says "$name" "$our_want" "server$n"
  says "$name, seen by s_client" "$their_want" "client$n"
}
lab=(node.pem node.key state/root.pem)
server "s_client with the right certificate" '^up TLSv1.2 ECDHE-RSA-AES256-GCM-SHA384 CiscoUM1-VI1$' \
  'a line of tls_peer' -- "${lab[@]}" -- -cert port.pem -key port.key
says "its line arrived" '^bytes a line of s_client$' "server$n"
server "s_client without a certificate" '^down TLS-08 .*no client certificate; we sent alert 40' \
  'alert handshake failure' -- "${lab[@]}" --
server "s_client with a stranger's certificate" '^down TLS-03 .*CN=CiscoUnity-.*we sent alert 48' \
  'alert unknown ca' -- "${lab[@]}" -- -cert stranger.pem -key stranger.key
server "s_client of TLS 1.1" '^down TLS-07 .*we sent alert 70' 'alert protocol version' \
  -- "${lab[@]}" -- -cert port.pem -key port.key -tls1_1 -cipher DEFAULT:@SECLEVEL=0
server "s_client with a weak certificate" '^down TLS-11 .*RSA 1024' 'alert bad certificate' \
  -- node.pem node.key state/legacy/root.pem -- -cert old.pem -key old.key -cipher DEFAULT:@SECLEVEL=0
server "s_client of TLS 1.0 at a legacy server" '^up TLSv1 AES128-SHA CiscoUM1-VI1$' 'a line of tls_peer' \
  -- oldnode.pem oldnode.key state/legacy/root.pem legacy ciphers=AES128-SHA \
  -- -cert old.pem -key old.key -tls1 -cipher AES128-SHA:@SECLEVEL=0
server "the key log" '^up ' 'a line of tls_peer' -- "${lab[@]}" keylog=keys ciphers=AES128-SHA \
  -- -cert port.pem -key port.key
says "holds NSS lines" '^CLIENT_RANDOM [0-9a-f]{64} [0-9a-f]{96}$' keys
exit $bad
