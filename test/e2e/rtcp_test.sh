#!/usr/bin/env bash
# RTCP, where --rtcp asks for it: both ends get each other's reports, SRTCP authenticates in the
# capture, plain RTCP is well formed for tshark, and without the option nobody says a word.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
need jq tshark unshare ip
own_network "$@"

one_call() { # name, vmports options -- call options
  local name=$1 options=(); shift
  while [ "$1" != -- ]; do options+=("$1"); shift; done
  shift
  start_vmports --after-greeting loop --keylog "$dir/$name.keys" --capture "$dir/$name.pcap" \
    --capture-device lo "${options[@]}"
  wait_registered 8
  expect 0 lab call 1001 8000 --for 10 --json "$@"
  cp "$dir/out" "$dir/$name.json"
  vm status --json >"$dir/$name.status"
  stop_vmports
}

start_labcm
one_call srtcp --rtcp -- --rtcp
holds '.rtcp_sent >= 1 and .rtcp_received >= 1 and .rtcp_bad == 0' "$dir/srtcp.json" \
  "the phone has the port's reports, and its BYE or another one"
holds '[.ports[].media.rtcp_received] | add >= 1' "$dir/srtcp.status" "the port has the phone's"
holds '[.ports[].media.rtcp_bad] | add == 0' "$dir/srtcp.status" "and each is authentic"
expect 0 "$vmports" verify "$dir/srtcp.pcap" --keylog "$dir/srtcp.keys" --json
cp "$dir/out" "$dir/verify.json"
holds '.totals | .rtcp >= 3 and .rtcp_authenticated == .rtcp and .rtcp_readable == 0' "$dir/verify.json" \
  "verify authenticates every SRTCP packet"

one_call rtcp --rtcp -- --rtcp --clear
port=$(tshark -r "$dir/rtcp.pcap" -Y "udp && udp.payload[0:2] == 81:c8" -T fields -e udp.dstport \
  2>/dev/null | sort -u | head -2 | tr '\n' ' ')
[ -n "$port" ] && ok "sender reports with a block, to the odd ports $port" || fail "no RTCP in clear"
decode=()
for p in $port; do
  [ $((p % 2)) = 1 ] || fail "RTCP to the even port $p"
  decode+=(-d "udp.port==$p,rtcp")
done
tshark -r "$dir/rtcp.pcap" "${decode[@]}" -Y rtcp -T fields -e rtcp.pt -e rtcp.sdes.type \
  -e _ws.malformed -e rtcp.length_check >"$dir/seen" 2>"$dir/tshark.log"
grep -q "^200,202" "$dir/seen" && ok "tshark reads SR and SDES" || fail "tshark: $(cat "$dir/seen")"
grep -q "^200,202,203" "$dir/seen" && ok "and a BYE at the end" || fail "no BYE: $(cat "$dir/seen")"
[ -z "$(tshark -r "$dir/rtcp.pcap" "${decode[@]}" \
  -Y 'rtcp && (_ws.malformed || rtcp.length_check == 0)' 2>/dev/null)" ] &&
  ok "nothing malformed" || fail "tshark finds RTCP malformed"

one_call none -- --rtcp
holds '.rtcp_received == 0' "$dir/none.json" "without --rtcp the port sends none"
expect 0 lab stop
wait "$lab_pid" || fail "labcm run ended with $?"
exit "$bad"
