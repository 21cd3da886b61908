#!/usr/bin/env bash
# Another implementation hears us: ffmpeg opens our SRTP and must get the greeting, sample for sample.
set -u
for tool in ffmpeg xxd; do
  command -v $tool >/dev/null || { echo "skipped: $tool is not installed"; exit 77; }
done
dir=$(mktemp -d)
children=()
trap 'for p in "${children[@]}"; do kill "$p" 2>/dev/null; done; wait; rm -rf "$dir"' EXIT
greeting=$SRC/media/sounds/opening_greeting.wav
key=$(seq -f %02.0f 10 39 | tr -d '\n') # 16 bytes of key, 14 of salt

free_port() { # an even UDP port that nobody holds, with the odd one behind it
  local p
  while :; do
    p=$((20000 + RANDOM % 20000 * 2))
    grep -qiE ":($(printf '%04X|%04X' $p $((p + 1)))) " /proc/net/udp /proc/net/udp6 || { echo $p; return; }
  done
}
bound() { grep -qi ":$(printf '%04X' "$1") " /proc/net/udp /proc/net/udp6; }

sdp() { # port, payload type, name, suite
  printf 'v=0\no=- 0 0 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio %s RTP/SAVP %s\n' "$1" "$2"
  printf 'a=rtpmap:%s %s/8000\na=crypto:1 %s inline:%s\n' "$2" "$3" "$4" "$(xxd -r -p <<<"$key" | base64 -w0)"
}

hear() { # number, algorithm, law, packet_ms, suite
  local to=$dir/$1 port pt=0 name=PCMU ff
  [ "$3" = alaw ] && pt=8 name=PCMA
  mkdir "$to"
  port=$(free_port)
  sdp "$port" $pt $name "$5" >"$to/sdp"
  timeout 60 ffmpeg -v error -analyzeduration 0 -probesize 32 -protocol_whitelist file,rtp,srtp,udp,crypto \
    -i "$to/sdp" -t 7.7 -f s16le "$to/got" -y 2>"$to/log" </dev/null &
  ff=$!
  children+=("$ff")
  for _ in $(seq 400); do bound "$port" && break; sleep 0.05; done
  "$BUILD/test/media_speaker" "$greeting" "127.0.0.1:$port" "$2" "$3" "$4" "$key" &
  speakers+=($!)
  hearers+=("$ff")
  children+=($!)
}

# The greeting must stand as a whole in what was heard, behind at most half a second of silence.
judge() { # number, name, law
  local to=$dir/$1 coded=mulaw len at
  [ "$3" = alaw ] && coded=alaw
  "$BUILD/test/media_speaker" "$greeting" - 0 "$3" >"$to/coded" || return 1
  ffmpeg -v error -f $coded -ar 8000 -i "$to/coded" -f s16le "$to/want" -y </dev/null || return 1
  len=$(stat -c %s "$to/want")
  [ "$len" -gt 40000 ] || { echo "not ok: $2: the greeting has only $len bytes"; return 1; }
  for at in $(seq 0 160 8000); do # 10 ms of samples a step
    cmp -s -n "$len" -i "$at:0" "$to/got" "$to/want" || continue
    echo "ok: $2: $((len / 2)) samples are equal"
    return 0
  done
  echo "not ok: $2: the greeting is not among the $(stat -c %s "$to/got") bytes heard"
  head -c 500 "$to/log"
  return 1
}

speakers=() hearers=() failed=0
hear 1 2 ulaw 20 AES_CM_128_HMAC_SHA1_80
hear 2 1 alaw 20 SRTP_AES128_CM_HMAC_SHA1_32
hear 3 1 ulaw 30 AES_CM_128_HMAC_SHA1_32
for p in "${speakers[@]}"; do wait "$p" || { echo "not ok: a speaker failed"; failed=1; }; done
for p in "${hearers[@]}"; do wait "$p"; done # each ends by itself after 7.7 s of sound
judge 1 "AES_CM_128_HMAC_SHA1_80, mu-law, 20 ms" ulaw || failed=1
judge 2 "AES_CM_128_HMAC_SHA1_32, A-law, 20 ms" alaw || failed=1
judge 3 "AES_CM_128_HMAC_SHA1_32, mu-law, 30 ms" ulaw || failed=1
exit $failed
