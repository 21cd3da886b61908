#!/usr/bin/env bash
# What is on the wire, by tcpdump and tshark: with the key log every SCCP message stands where
# sccp.md 7.1-7.9 puts it; without it nothing can be read.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
need jq tcpdump tshark xxd unshare ip
own_network "$@"

start_labcm
as_root=()
[ "$(id -u)" = 0 ] && as_root=(-Z root) # else it changes its user, who may not write here
tcpdump "${as_root[@]}" -U -B 65536 -i lo -s 0 -w "$dir/x.pcap" \
  "tcp port $lab_tls or udp port $lab_tftp or udp portrange $rtp_base-$((rtp_base + 199)) or
   udp portrange 32768-60999" >"$dir/tcpdump.log" 2>&1 &
tcpdump_pid=$!
pids+=("$tcpdump_pid")
until_true 100 test -s "$dir/x.pcap" || { fail "tcpdump does not capture"; exit 1; }
start_vmports --keylog "$dir/vm.keys" --capture "$dir/own.pcap"
wait_registered 8
expect 0 lab call 1001 8000 --forwarded-by 1002 --reason no-answer --dtmf 4711 --for 3 --json
cp "$dir/out" "$dir/call.json"
expect 0 vm mwi on 1001 --wait
expect 0 vm mwi off 1001 --wait
stop_vmports
expect 0 lab stop
settled "$dir/x.pcap" || fail "tcpdump never comes to an end"
kill "$tcpdump_pid"; wait "$tcpdump_pid" 2>/dev/null

# ---- with the key log ----------------------------------------------------------------------------
read_sccp() { # filter, fields...
  local filter=$1; shift
  tshark -r "$dir/x.pcap" -2 -o tls.keylog_file:"$dir/vm.keys" -d "tls.port==$lab_tls,skinny" \
    -Y "tcp.port == $lab_tls && ($filter)" -T fields "${@/#/-e}" 2>>"$dir/tshark.log"
}
# One line a message: TCP stream, C or S, message id. A segment may carry several.
read_sccp skinny tcp.stream tcp.dstport skinny.messageId skinny.hdr_version |
  awk -v port="$lab_tls" '{ n = split($3, id, ","); split($4, v, ",")
    for (i = 1; i <= n; i++) print $1, ($2 == port ? "C" : "S") id[i], v[i] }' >"$dir/messages"
streams=$(cut -d' ' -f1 "$dir/messages" | sort -nu)
[ "$(wc -l <<<"$streams")" = 8 ] && ok "SCCP on eight connections" ||
  fail "SCCP on $(wc -l <<<"$streams") connections"

odd=$(read_sccp '_ws.malformed || (_ws.expert && skinny)' frame.number skinny.messageId \
  _ws.expert.message)
[ -z "$odd" ] && ok "tshark finds nothing malformed" || fail "tshark: $odd"

in_order() { # STREAM IDS...: they come in this order, others may stand between
  local stream=$1; shift
  awk -v stream="$stream" -v want="$*" 'BEGIN { n = split(want, w, " "); i = 1 }
    $1 == stream && $2 == w[i] { i++ } END { if (i <= n) { print "no " w[i]; exit 1 } }' "$dir/messages"
}
sequence() { # words, then STREAM IDS...
  local words=$1 missing; shift
  if missing=$(in_order "$@"); then ok "$words"; else
    fail "$words: $missing; connection $1 has: $(awk -v s="$1" '$1 == s {print $2}' "$dir/messages" |
      tr '\n' ' ')"
  fi
}
first_with() { awk -v id="$1" '$2 == id { print $1; exit }' "$dir/messages"; }

for s in $streams; do # 7.1, and 7.12 at the end
  in_order "$s" C1 S129 S155 C16 C14 S151 C12 C11 C13 S148 C39 S280 >"$dir/why" ||
    fail "registration of connection $s: $(cat "$dir/why")"
done
ok "each port registers as 7.1 and unregisters"

# Every request has its answer: ids of request and of what may answer it.
while read -r request answers; do
  awk -v req="$request" -v ans=" $answers " '
    $2 == req { open[$1]++ }
    index(ans, " " $2 " ") && open[$1] { open[$1]-- }
    END { for (s in open) if (open[s]) { print req " unanswered on connection " s; exit 1 } }' \
    "$dir/messages" >"$dir/why" || fail "$(cat "$dir/why")"
done <<'TABLE'
C1 S129
S155 C16 C48
C14 S151
C40 S264
C37 S265
C12 S147 S322
C11 S146 S327
C9 S144
C13 S148
C39 S280
S261 C34
S138 C340
S263 C35
C0 S256
TABLE
ok "every request has its answer"

bad_version=$(awk '{ want = ($2 == "C1" || $2 == "S129") ? "0x00000000" : "0x00000011" }
  $3 != want' "$dir/messages")
[ -z "$bad_version" ] && ok "header version 0 until RegisterAck, then 17" || fail "$bad_version"

call=$(first_with C34) lamp=$(first_with C36)
sequence "a call is rung, answered and cleared as 7.4, 7.5" "$call" \
  S273 C6 S261 S273 S139 S273 C7 # the ack to ORC may cross the state
sequence "its media: ORC before its ack, SMT before its ack" "$call" S261 C34
sequence "SMT and its ack" "$call" S138 C340
sequence "a lamp call as 7.9: 0x24, six digits, tone, on-hook" "$lamp" \
  C36 S273 S130 C3 C3 C3 C3 C3 C3 S130 C7 S273

number=$(read_sccp 'skinny.messageId == 36' skinny.callingPartyNumber | sort -u)
[ "$number" = 1001 ] && ok "the lamp call is placed as 1001" || fail "lamp for $number"
digits=$(read_sccp "tcp.stream == $lamp && skinny.messageId == 3 && tcp.dstport == $lab_tls" \
  skinny.kpButton | tr ',' '\n' | sed 's/^0x0*//; s/^$/0/' | head -6 | tr -d '\n')
case $digits in 999991) ok "it dials 999991" ;; *) fail "it dials $digits" ;; esac
tone=$(read_sccp "skinny.messageId == 130 && skinny.tone == 0x2e" frame.number | wc -l)
[ "$tone" -ge 2 ] && ok "both lamp calls are confirmed by tone 0x2E" || fail "$tone confirmation tones"
forwarded=$(read_sccp 'skinny.messageId == 330 || skinny.messageId == 143' skinny.originalCalledParty |
  tr ',' '\n' | grep -c '^1002$')
[ "$forwarded" -ge 1 ] && ok "CallInfo names the forwarding extension" || fail "no original called party"

# The keys that the call manager gave are those the voice is made with.
hex_of() { tr ',' '\n' | awk '{ printf "%02x", $1 }'; }
given=$(for id in 261 138; do
  for f in skinny.key skinny.salt; do read_sccp "skinny.messageId == $id" $f | hex_of; done
  echo
done | sort)
used=$(awk '$1 == "SRTP_KEY" { print $4 }' "$dir/vm.keys" | sort)
[ -n "$used" ] && [ "$given" = "$used" ] && ok "SRTP uses the keys of ORC and SMT" ||
  fail "the keys in SCCP and in the key log differ"
[ "$(sort -u <<<"$used" | wc -l)" = 2 ] && ok "two keys, one a direction" || fail "keys are shared"

# ---- without it ------------------------------------------------------------------------------------
[ -z "$(tshark -r "$dir/x.pcap" -d "tls.port==$lab_tls,skinny" -Y skinny 2>/dev/null)" ] &&
  ok "without keys tshark sees no SCCP" || fail "SCCP without keys"
payload() { tshark -r "$dir/x.pcap" -Y "$1" -T fields -e "$2" 2>/dev/null | tr -d ',:\n' | xxd -r -p; }
payload tls.app_data tls.app_data >"$dir/records"
payload "udp && !tftp && udp.port != $lab_tftp" udp.payload >"$dir/media"
[ "$(wc -c <"$dir/records")" -gt 10000 ] && [ "$(wc -c <"$dir/media")" -gt 20000 ] ||
  fail "too little was captured to judge"
for word in CiscoUM1 999991 999990 999001 4711 8000 1002; do
  grep -aqF "$word" "$dir/records" "$dir/media" && fail "$word can be read"
done
# The certificates show the ports' names, nothing else in the whole file does.
all=$(grep -aoF CiscoUM1 "$dir/x.pcap" | wc -l)
shown=$(tshark -r "$dir/x.pcap" -T fields -e tls.handshake.certificate 2>/dev/null | tr -d ',:\n' |
  grep -oi "$(printf CiscoUM1 | xxd -p)" | wc -l)
[ "$all" = "$shown" ] && [ "$shown" -ge 8 ] && ok "device names stand in certificates only" ||
  fail "device names: $all in the file, $shown in certificates"

# ---- and our own judge agrees, on tcpdump's file and on ours ---------------------------------------
for file in x own; do
  expect 0 "$vmports" verify "$dir/$file.pcap" --keylog "$dir/vm.keys" --json
  holds '.ok and .totals.authenticated == 2 and .totals.sccp == 0 and .totals.plain == 0 and
    ([.connections[] | select(.port != "")] | length) == 8 and
    ([.streams[].failed] | add) == 0' "$dir/out" "verify: $file.pcap"
  expect 0 "$vmports" verify "$dir/$file.pcap" --json
  holds '.totals.srtp == 2' "$dir/out" "verify without keys: $file.pcap"
done
holds '.tftp[0].md5 != "" and .tftp[0].file == "CTLFile.tlv"' "$dir/out" "the CTL's transfer"
grep -q "$(jq -r '.tftp[0].md5' "$dir/out")" "$dir/vmports.log" && ok "its md5 is the one in the log" ||
  fail "another md5 in the log"
phone=$(printf %08x "$(jq '.ssrc_sent' "$dir/call.json")") sent=$(jq '.sent' "$dir/call.json")
seen=$(jq --arg ssrc "$phone" '.streams[] | select(.ssrc == $ssrc) | .packets' "$dir/out")
[ "$sent" = "$seen" ] && ok "every packet of the phone is in our capture" ||
  fail "the phone sent $sent packets, the capture has $seen"
# A key that is not the call's.
sed 's/^\(SRTP_KEY [^ ]* [^ ]* \)./\1f/; t; ' "$dir/vm.keys" >"$dir/wrong.keys"
cmp -s "$dir/vm.keys" "$dir/wrong.keys" && sed -i 's/^\(SRTP_KEY [^ ]* [^ ]* \)./\10/' "$dir/wrong.keys"
expect 1 "$vmports" verify "$dir/x.pcap" --keylog "$dir/wrong.keys" && ok "a wrong key is a fault"
exit "$bad"
