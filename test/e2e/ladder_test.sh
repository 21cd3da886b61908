#!/usr/bin/env bash
# The SCCP ladder of `vmports verify`, message by message as tshark reads it from the same capture
# with the same key log; lamp calls; and what cannot be opened is said.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
need jq tshark unshare ip
own_network "$@"

short=$dir/short.wav # a second of the greeting is enough
head -c 16044 "$greeting" >"$short"

# words 'labcm options' 'run options': a call, a lamp on; then both readers' lists are the same.
# shellcheck disable=SC2154  # lib.sh sets them
compare() {
  local words=$1 decode=tls port
  # shellcheck disable=SC2086  # the words of a command line
  start_labcm $2
  port=$lab_tls
  case $2 in
  *non-secure*) decode=tcp port=$(jq .sccp "$dir/ready.json") ;;
  esac
  rm -f "$dir/x.pcap" "$dir/vm.keys"
  # shellcheck disable=SC2086
  start_vmports -g "$short" --keylog "$dir/vm.keys" --capture "$dir/x.pcap" -s "127.0.0.1:$port" $3
  wait_registered 8
  expect 0 vm mwi on 1001 --wait
  expect 0 lab call 1002 8000 --for 1
  stop_vmports
  expect 0 lab stop
  wait "$lab_pid" || fail "$words: labcm ended with $?"
  rm -rf "$dir/labcm" "$dir"/vmports/CTLFile.tlv*

  # One line a message: the port's TCP port, C or S, message id.
  tshark -r "$dir/x.pcap" -2 -o tls.keylog_file:"$dir/vm.keys" -d "$decode.port==$port,skinny" \
    -Y "tcp.port == $port && skinny" -T fields -e tcp.srcport -e tcp.dstport -e skinny.messageId \
    2>"$dir/tshark.log" |
    awk -v port="$port" '{ n = split($3, id, ",")
      for (i = 1; i <= n; i++) print ($2 == port ? $1 " C" : $2 " S"), id[i] }' |
    sort -s -n -k 1,1 >"$dir/theirs"
  "$vmports" verify "$dir/x.pcap" --sccp-port "$port" --keylog "$dir/vm.keys" --json >"$dir/out" 2>"$dir/err"
  jq -r '.ladder[] | (.client | split(":") | last) as $port | .messages[] |
    "\($port) \(if .from == "port" then "C" else "S" end) \(.id)"' "$dir/out" |
    sort -s -n -k 1,1 >"$dir/ours"
  if [ "$(wc -l <"$dir/theirs")" -gt 200 ] && cmp -s "$dir/theirs" "$dir/ours"; then
    ok "$words: $(wc -l <"$dir/ours") messages, as tshark has them"
  else
    fail "$words: the ladder is not tshark's"
    diff "$dir/theirs" "$dir/ours" | head -20
  fi
  holds '(.ladder | length) == 8 and all(.ladder[]; .port_unread == "" and
    .call_manager_unread == "" and .gaps == 0 and .broken == 0 and
    (.port | startswith("CiscoUM1-VI")))' "$dir/out" "$words: eight ladders, whole"
  holds '(.lamp_calls | length) == 1 and .lamp_calls[0].mailbox == "1001" and
    .lamp_calls[0].number == "999991" and .lamp_calls[0].result == "confirmed"' "$dir/out" \
    "$words: the lamp call"
  "$vmports" verify "$dir/x.pcap" --keylog "$dir/vm.keys" >"$dir/text" 2>/dev/null
  grep -q -- '-->  Register ' "$dir/text" && grep -q '1001 .*999991 .*confirmed' "$dir/text" ||
    fail "$words: the printed ladder"
  grep -E 'KeypadButton.* button=' "$dir/text" | grep -vq '(hidden)' && fail "$words: a digit is shown"
  grep -E 'srtp\.(key|salt)=' "$dir/text" | grep -vqE 'srtp\.(key|salt)=\(hidden\)' &&
    fail "$words: a key is shown"
}

compare 'TLS 1.2 CBC' '--ciphers AES128-SHA' ''
# Without its secrets nothing of it is read, and that is said.
grep -v '^CLIENT_RANDOM' "$dir/vm.keys" >"$dir/no.keys"
"$vmports" verify "$dir/x.pcap" --keylog "$dir/no.keys" --json >"$dir/out" 2>"$dir/err"
holds '(.ladder | length) == 8 and all(.ladder[]; (.messages | length) == 0 and
  (.port_unread | startswith("not decrypted: the key log has no CLIENT_RANDOM")))' "$dir/out" \
  "a key log without the secrets"
sed -E 's/^(CLIENT_RANDOM [0-9a-f]+ )../\1ff/; t; ' "$dir/vm.keys" >"$dir/wrong.keys"
cmp -s "$dir/vm.keys" "$dir/wrong.keys" && sed -E -i 's/^(CLIENT_RANDOM [0-9a-f]+ )../\100/' "$dir/wrong.keys"
"$vmports" verify "$dir/x.pcap" --keylog "$dir/wrong.keys" --json >"$dir/out" 2>"$dir/err"
holds 'any(.ladder[]; .port_unread | contains("does not authenticate"))' "$dir/out" "wrong secrets"

compare 'TLS 1.2 GCM' '--ciphers ECDHE-RSA-AES256-GCM-SHA384:AES128-GCM-SHA256' ''
compare 'TLS 1.3' '--tls-max 1.3' '--tls-max 1.3'
compare 'NULL-SHA' '--mode authenticated' '--security authenticated'
"$vmports" verify "$dir/x.pcap" --security authenticated --json >"$dir/out" 2>"$dir/err"
holds '(.ladder | length) == 8 and all(.ladder[]; (.messages | length) > 20)' "$dir/out" \
  "NULL-SHA needs no key log"
compare 'non-secure' '--mode non-secure --sccp-port 0' '--security non-secure'
exit "$bad"
