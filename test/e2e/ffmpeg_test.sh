#!/usr/bin/env bash
# The SRTP of a real call, taken from the capture and replayed into ffmpeg with the key of the key
# log, is the greeting, sample for sample: another implementation, no help of ours.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
need jq tshark xxd ffmpeg base64 unshare ip
own_network "$@"
speaker=$BUILD/test/media_speaker # writes the greeting as G.711
[ -x "$speaker" ] || { echo "skipped: $speaker is not built"; exit 77; }

start_labcm
start_vmports --keylog "$dir/vm.keys" --capture "$dir/x.pcap" --capture-device lo
wait_registered 8
expect 0 lab call 1001 8000 --expect "$greeting" --json
stop_vmports
expect 0 "$vmports" verify "$dir/x.pcap" --keylog "$dir/vm.keys" --json

# The port's own stream: the key log calls it `sent`.
read -r ssrc suite key < <(awk '$1 == "SRTP_KEY" && $7 == "sent" { print $2, $3, $4; exit }' "$dir/vm.keys")
tshark -r "$dir/x.pcap" -Y "udp.payload[0] == 80 && udp.payload[8:4] == $ssrc" -T fields \
  -e udp.payload >"$dir/packets" 2>"$dir/tshark.log"
count=$(wc -l <"$dir/packets")
[ "$count" -gt 300 ] || { fail "$count packets of the stream are in the capture"; exit 1; }

printf 'v=0\no=- 0 0 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 19000 RTP/SAVP 0
a=rtpmap:0 PCMU/8000\na=crypto:1 %s inline:%s\n' "$suite" "$(xxd -r -p <<<"$key" | base64 -w0)" >"$dir/sdp"
timeout 60 ffmpeg -v error -analyzeduration 0 -probesize 32 \
  -protocol_whitelist file,rtp,srtp,udp,crypto -i "$dir/sdp" -f s16le -flush_packets 1 -y "$dir/got" \
  >"$dir/ffmpeg.log" 2>&1 </dev/null &
ffmpeg_pid=$!
pids+=("$ffmpeg_pid")
until_true 200 grep -qi ":$(printf %04X 19000) " /proc/net/udp || fail "ffmpeg does not listen"
exec 3>/dev/udp/127.0.0.1/19000
while read -r packet; do
  xxd -r -p <<<"$packet" >&3
  sleep 0.015
done <"$dir/packets"
exec 3>&-
sleep 1
kill -INT "$ffmpeg_pid"; wait "$ffmpeg_pid"

"$speaker" "$greeting" - 0 ulaw >"$dir/coded" || fail "the greeting cannot be coded"
ffmpeg -v error -f mulaw -ar 8000 -i "$dir/coded" -f s16le -y "$dir/want" </dev/null
len=$(stat -c %s "$dir/want") equal=
[ "$len" -gt 40000 ] || fail "the greeting has only $len bytes"
for at in $(seq 0 160 16000); do # 10 ms of samples a step, behind at most a second of silence
  cmp -s -n "$len" -i "$at:0" "$dir/got" "$dir/want" && { equal=$at; break; }
done
[ -n "$equal" ] && ok "$count packets in $suite: $((len / 2)) samples are equal in ffmpeg" ||
  fail "the greeting is not among the $(stat -c %s "$dir/got") bytes that ffmpeg heard"
exit "$bad"
