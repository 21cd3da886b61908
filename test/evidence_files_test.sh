#!/usr/bin/env bash
# Capture files as other tools write them: pcapng, nanoseconds, compressed to a pipe; and the exit
# codes of `vmports verify`.
set -u
for tool in editcap jq; do
  command -v "$tool" >/dev/null || { echo "$tool is missing"; exit 77; }
done
vmports=$BIN/vmports
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
bad=0
fail() { echo "FAILED: $*"; bad=1; }
expect() { # exit code, then the command
  local want=$1 got; shift
  "$@" >"$dir/out" 2>"$dir/err"; got=$?
  [ "$got" = "$want" ] || { fail "exit $got, wanted $want: $*"; cat "$dir/out" "$dir/err"; }
}

good=$SRC/test/data/evidence_tls.pcap plain=$SRC/test/data/evidence_plain_rtp.pcap
clear=$SRC/test/data/evidence_sccp_clear.pcap
expect 0 "$vmports" verify "$good"
expect 1 "$vmports" verify "$plain"
expect 0 "$vmports" verify --security authenticated "$plain"
expect 1 "$vmports" verify "$clear"
grep -q 'SCCP in clear' "$dir/err" || fail "the reason is not on stderr"
expect 0 "$vmports" verify --security non-secure "$clear"
expect 2 "$vmports" verify
expect 2 "$vmports" verify "$good" "$plain"
expect 2 "$vmports" verify --security strong "$good"
expect 2 "$vmports" verify --tls-port 0 "$good"
expect 1 "$vmports" verify "$dir/nothing.pcap"
grep -q 'check its path' "$dir/err" || fail "no file there: $(cat "$dir/err")"
for text in "$0" /dev/stdin; do
  expect 1 "$vmports" verify "$text" <"$0"
  grep -q 'wanted is a pcap or pcapng file$' "$dir/err" || fail "no capture: $(cat "$dir/err")"
done
expect 1 "$vmports" verify - <"$0"
grep -q 'wanted is a pcap or pcapng file$' "$dir/err" || fail "no capture on stdin: $(cat "$dir/err")"
expect 1 "$vmports" verify "$good" --keylog "$dir/nothing.keys"
expect 0 "$vmports" verify --help
grep -q '^Usage: vmports verify' "$dir/out" || fail "--help is not on stdout"

for kind in pcapng nsecpcap; do
  editcap -F $kind "$good" "$dir/x.$kind" || fail "editcap $kind"
  expect 0 "$vmports" verify "$dir/x.$kind" --json
  jq -e '.ok and .connections[0].port == "CiscoUM1-VI7" and .connections[0].cipher != ""' \
    "$dir/out" >/dev/null || fail "$kind: the report differs"
  editcap -F $kind "$plain" "$dir/y.$kind"
  expect 1 "$vmports" verify "$dir/y.$kind"
done
"$vmports" verify - <"$good" >/dev/null || fail "a capture on stdin"

# Media out: plain RTP needs no key; what cannot be done is said before anything is judged.
outs=(--rtp-out "$dir/rtp.pcap" --wav-out "$dir/wav")
expect 1 "$vmports" verify "$plain" --json "${outs[@]}"
jq -e '.media_out.packets == ([.streams[].packets] | add) and .media_out.streams_without_key == 0 and
  .media_out.wav.files == ([.streams[]] | length)' "$dir/out" >/dev/null || fail "plain RTP out"
expect 0 "$vmports" verify "$plain" --security non-secure "${outs[@]}"
grep -q 'RTP packets of .* streams in clear' "$dir/out" || fail "what was written is not said"
expect 1 "$vmports" verify "$good" "${outs[@]}"
grep -q 'no media in the capture' "$dir/err" || fail "no media: $(cat "$dir/err")"
expect 2 "$vmports" verify - "${outs[@]}" <"$plain"
grep -q 'read the capture twice' "$dir/err" || fail "stdin: $(cat "$dir/err")"
expect 2 "$vmports" verify "$plain" --rtp-out -

# The capture of no one: nothing to judge is no proof.
head -c 24 "$good" >"$dir/empty.pcap"
expect 1 "$vmports" verify "$dir/empty.pcap"
grep -q 'nothing to judge' "$dir/err" || fail "an empty capture passes"
exit $bad
