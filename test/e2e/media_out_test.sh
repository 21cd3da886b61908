#!/usr/bin/env bash
# The media of a real run, out of its capture: RTP that tshark reads, and sound that is the greeting's
# sample for sample.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
need jq tshark xxd ffmpeg ffprobe unshare ip
own_network "$@"
speaker=$BUILD/test/media_speaker # writes the greeting as G.711
[ -x "$speaker" ] || { echo "skipped: $speaker is not built"; exit 77; }

start_labcm
start_vmports --keylog "$dir/vm.keys" --capture "$dir/own.pcap"
wait_registered 8
expect 0 lab call 1001 8000 --play "$greeting" --expect "$greeting" --json
cp "$dir/out" "$dir/call.json"
stop_vmports
expect 0 lab stop

# ---- RTP -----------------------------------------------------------------------------------------
expect 0 "$vmports" verify "$dir/own.pcap" --keylog "$dir/vm.keys" --json --rtp-out "$dir/rtp.pcap" \
  --wav-out "$dir/wav"
cp "$dir/out" "$dir/verify.json"
holds '.ok and .media_out.streams == 2 and .media_out.streams_without_key == 0 and
  .media_out.failed == 0 and .media_out.packets == ([.streams[].authenticated] | add) and
  .media_out.wav.files == 2 and .media_out.wav.late == 0' "$dir/verify.json" "both streams went out"
# The block of ports may be one that tshark knows for something else (9200: WTLS).
as_rtp=(-d "udp.port==$rtp_base-$((rtp_base + 199)),rtp")
read_rtp() { # FILTER FIELDS...: of the pcap that was written
  local filter=$1; shift
  tshark -r "$dir/rtp.pcap" "${as_rtp[@]}" -o ip.check_checksum:TRUE \
    -o udp.check_checksum:TRUE -Y "$filter" -T fields "${@/#/-e}" 2>>"$dir/tshark.log"
}
odd=$(read_rtp '_ws.malformed || ip.checksum.status == 0 || udp.checksum.status == 0 || !rtp' \
  frame.number _ws.col.Info)
[ -z "$odd" ] && ok "tshark finds RTP alone, with sums that are right" || fail "tshark: $odd"
read_rtp rtp rtp.ssrc | sort | uniq -c | sed 's/0x//' | awk '{ print $2, $1 }' >"$dir/counted"
jq -r '.streams[] | "\(.ssrc) \(.authenticated)"' "$dir/verify.json" | sort >"$dir/judged"
cmp -s "$dir/counted" "$dir/judged" && ok "as many packets of each SSRC as authenticated" ||
  fail "tshark counts $(cat "$dir/counted"), verify $(cat "$dir/judged")"
heads() { tshark -r "$1" "${as_rtp[@]}" -Y rtp -T fields -e frame.time_epoch -e ip.src \
  -e udp.srcport -e ip.dst -e udp.dstport -e rtp.seq -e rtp.timestamp 2>>"$dir/tshark.log"; }
heads "$dir/own.pcap" | grep -Fxvf <(heads "$dir/rtp.pcap") >"$dir/differ"
[ -s "$dir/differ" ] && fail "times or addresses differ: $(head -n 3 "$dir/differ")" ||
  ok "times, addresses and sequence are the capture's"

# ---- sound: the greeting sample for sample, judged by ffmpeg's decoder ----------------------------
ssrc_of() { awk -v way="$1" '$1 == "SRTP_KEY" && $7 == way { print $2; exit }' "$dir/vm.keys"; }
samples() { ffmpeg -v error "${@:2}" -f s16le -y "$dir/$1.s16" </dev/null; }
has_greeting() { # NAME [BYTES]: all of it or so much, behind at most a second of silence
  local len at
  len=${2:-$(stat -c %s "$dir/want.s16")}
  [ "$len" -gt 40000 ] || { fail "the greeting has only $len bytes"; return 1; }
  for at in $(seq 0 160 16000); do
    cmp -s -n "$len" -i "$at:0" "$dir/$1.s16" "$dir/want.s16" && return 0
  done
  return 1
}
only_one() { # GLOB: sets $wav to the one file of this name
  local files
  mapfile -t files < <(compgen -G "$dir/wav/$1")
  wav=${files[0]:-none}
  [ "${#files[@]}" = 1 ] || { fail "${#files[@]} files $1"; ls "$dir/wav"; }
}
"$speaker" "$greeting" - 0 ulaw >"$dir/coded" || fail "the greeting cannot be coded"
samples want -f mulaw -ar 8000 -i "$dir/coded"

sent=$(ssrc_of sent)
read_rtp "rtp.ssrc == 0x$sent && rtp.p_type == 0" rtp.payload | tr -d ':\n' | xxd -r -p >"$dir/heard.ul"
samples payload -f mulaw -ar 8000 -i "$dir/heard.ul"
has_greeting payload && ok "the payload that tshark shows is the greeting" || fail "another payload"
only_one "CiscoUM1-VI?-127.0.0.1_*-sent-to-127.0.0.1_*-$sent.wav"
samples wav -i "$wav"
has_greeting wav && ok "the WAV file is the greeting, sample for sample" || fail "another sound: $wav"
[ "$(ffprobe -v error -show_entries stream=codec_name,sample_rate,channels -of csv=p=0 "$wav")" = \
  pcm_s16le,8000,1 ] && ok "8 kHz, mono, 16 bit" || fail "another format: $wav"
only_one "CiscoUM1-VI?-127.0.0.1_*-received-from-127.0.0.1_*-$(ssrc_of received).wav"
samples phone -i "$wav"
# What the phone says ends with the call.
has_greeting phone 64000 && ok "so is what the phone said" || fail "another sound: $wav"

# ---- who may hear it, and what may not be done ----------------------------------------------------
[ "$(stat -c %a "$wav" "$dir/rtp.pcap" "$dir/wav" | tr '\n' ' ')" = "600 600 700 " ] ||
  fail "others may hear it: $(stat -c '%a %n' "$wav" "$dir/rtp.pcap" "$dir/wav")"
again() { expect "$1" "$vmports" verify "$dir/own.pcap" "${@:2}"; }
again 0 --keylog "$dir/vm.keys" --rtp-out "$dir/rtp.pcap" --wav-out "$dir/wav" &&
  ok "files of their own kind are written anew"
again 2 --rtp-out "$dir/none.pcap"
grep -q 'give the key log' "$dir/err" && [ ! -e "$dir/none.pcap" ] && ok "without keys nothing is written" ||
  fail "without keys: $(cat "$dir/err")"
before=$(md5sum <"$dir/own.pcap")
again 1 --keylog "$dir/vm.keys" --rtp-out "$dir/own.pcap"
grep -q 'the capture itself' "$dir/err" && [ "$before" = "$(md5sum <"$dir/own.pcap")" ] &&
  ok "the capture is not written over" || fail "over itself: $(cat "$dir/err")"
exit "$bad"
