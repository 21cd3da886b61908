#!/usr/bin/env bash
# Two hosts: the call manager and the ports each in a network namespace of its own, a wire between
# them, the contract's port numbers (69, 2443), and tcpdump on the wire.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
need jq tcpdump tshark ip unshare
[ "$(id -u)" = 0 ] || { echo "skipped: two namespaces need root"; exit 77; }
cm=vmcm$$ um=vmum$$
ip netns add "$cm" 2>/dev/null || { echo "skipped: ip netns is not permitted"; exit 77; }
two_hosts_end() {
  local pid
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null; done
  ip netns del "$cm" 2>/dev/null
  ip netns del "$um" 2>/dev/null
}
trap 'code=$?; two_hosts_end; (exit $code); finish' EXIT
ip netns add "$um"
ip netns exec "$um" true 2>/dev/null || { echo "skipped: ip netns exec cannot work in a chroot"; exit 77; }
ip link add veth0 netns "$cm" type veth peer name veth0 netns "$um" ||
  { echo "skipped: veth is not permitted"; exit 77; }
host() { # namespace, address
  ip -n "$1" addr add "$2/24" dev veth0
  ip -n "$1" link set veth0 up
  ip -n "$1" link set lo up
}
host "$cm" 10.48.46.182
host "$um" 10.48.46.20

ip netns exec "$um" tcpdump -Z root -U -B 65536 -ni veth0 -s 0 -w "$dir/x.pcap" \
  'tcp port 2443 or udp portrange 16384-32767 or udp port 69 or udp portrange 32768-60999' \
  >"$dir/tcpdump.log" 2>&1 &
tcpdump_pid=$!
pids+=("$tcpdump_pid")
until_true 100 test -s "$dir/x.pcap" || { fail "tcpdump does not capture"; exit 1; }

"$vmports" cert export "$dir/root.pem" --state-dir "$dir/vmports" >/dev/null 2>"$dir/export.log"
ip netns exec "$cm" "$labcm" run -n 8 --trust "$dir/root.pem" --bind 10.48.46.182 --tftp-port 69 \
  --state-dir "$dir/labcm" --control "$dir/l.sock" --ready-file "$dir/ready.json" \
  >"$dir/labcm.log" 2>&1 &
lab_pid=$!
pids+=("$lab_pid")
until_true 200 test -s "$dir/ready.json" || { fail "labcm is not ready"; exit 1; }

# The shortest use of the contract: no server is named, the CTL names it.
ip netns exec "$um" "$vmports" run -n 8 -t 10.48.46.182 --state-dir "$dir/vmports" \
  --control "$dir/v.sock" --keylog "$dir/vm.keys" --capture "$dir/own.pcap" --json \
  >"$dir/summary.json" 2>"$dir/vmports.log" &
vm_pid=$!
pids+=("$vm_pid")
wait_registered 8
ok "vmports run -n 8 -t 10.48.46.182"
expect 0 lab call 1001 8000 --expect "$greeting" --json
holds '.encrypted and .expect.equal' "$dir/out" "the greeting arrives sample for sample"
expect 0 vm mwi on 1001 --wait
expect 0 lab lamp 1001 --json
holds '.[0].on' "$dir/out" "the lamp is on"
stop_vmports
[ "$vm_code" = 0 ] || fail "vmports run ended with $vm_code"
settled "$dir/x.pcap" || fail "tcpdump never comes to an end"
kill "$tcpdump_pid"; wait "$tcpdump_pid" 2>/dev/null

for file in x own; do
  expect 0 "$vmports" verify "$dir/$file.pcap" --keylog "$dir/vm.keys" --json
  holds '.ok and .totals.tls == 8 and .totals.authenticated == 2 and (.tftp | length) >= 1 and
    .tftp[0].done and all(.connections[]; .server == "10.48.46.182:2443" and .port != "")' \
    "$dir/out" "verify: $file.pcap"
done
# DSCP: 24 on signalling, 46 on media (unity-connection.md 3.2).
marks() { tshark -r "$dir/x.pcap" -Y "$1 && ip.src == 10.48.46.20" -T fields -e ip.dsfield.dscp \
  2>/dev/null | sort -u | tr '\n' ' '; }
[ "$(marks 'tcp.port == 2443 && tcp.len > 0')" = "24 " ] && ok "signalling is marked DSCP 24" ||
  fail "signalling is marked $(marks 'tcp.port == 2443 && tcp.len > 0')"
[ "$(marks 'udp.dstport >= 16384 && udp.dstport <= 32767')" = "46 " ] && ok "media is marked DSCP 46" ||
  fail "media is marked $(marks 'udp.dstport >= 16384 && udp.dstport <= 32767')"
exit "$bad"
