#!/usr/bin/env bash
# Our client against `openssl s_server`, our server against `openssl s_client`: right and wrong
# certificates, versions and suites; and `openssl verify` on what the authority makes.
# shellcheck source=tls_openssl_lib.sh
. "$(dirname "$0")/tls_openssl_lib.sh"

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

# ---- our client, their server
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
