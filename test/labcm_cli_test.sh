#!/usr/bin/env bash
# labcm's command line: wrong use is exit 2 with a word about it, what cannot be done is exit 1, a
# running labcm is found, asked and stopped.
set -u
command -v jq >/dev/null || { echo "skipped: jq is not installed"; exit 77; }
tmp=$(mktemp -d) || exit 2
pid=
cleanup() { [ -n "$pid" ] && kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null; rm -rf "$tmp"; }
trap cleanup EXIT
lab=$BIN/labcm
fail() { echo "not so: $*"; cat "$tmp/out" "$tmp/err" "$tmp/log" 2>/dev/null; exit 1; }

expect() { # exit code, a word on stderr, command...
  local code=$1 word=$2 rc; shift 2
  timeout 60 "$@" >"$tmp/out" 2>"$tmp/err"; rc=$?
  [ $rc = "$code" ] || fail "exit $rc, $code is wanted: $*"
  [ -z "$word" ] || grep -q -e "$word" "$tmp/err" || fail "no \"$word\" on stderr: $*"
}
quick=(--tftp-port 0 --tls-port 0 --state-dir "$tmp/lab" --control "$tmp/lab.sock")

expect 2 "Usage" "$lab"
expect 2 "did you mean" "$lab" cal
expect 2 "ports" "$lab" run -n 0
expect 2 "20000" "$lab" run -n 20001
expect 2 "unknown option" "$lab" run --prots 8
expect 2 "mode" "$lab" run --mode secret
expect 2 "prefix" "$lab" run --prefix ""
expect 2 "bind" "$lab" run --bind localhost
expect 2 "rtp-ports" "$lab" run --rtp-ports 9-8
expect 2 "NAME,ADDRESS,PEM" "$lab" run --other-node sub,127.0.0.2
expect 2 "IPv4 or IPv6" "$lab" run --other-node sub,somewhere,x.pem
expect 1 "node sub: .*nosuch" "$lab" run --other-node "sub,127.0.0.2,$tmp/nosuch.pem" "${quick[@]}"
expect 2 "keepalive" "$lab" run --keepalive 0
expect 2 "15" "$lab" run --prefix CiscoUM1-VIxx -n 500 "${quick[@]}"
expect 1 "nosuch" "$lab" run --trust "$tmp/nosuch" "${quick[@]}"
echo "not a certificate" >"$tmp/bad.pem"
expect 1 "bad.pem" "$lab" run --trust "$tmp/bad.pem" "${quick[@]}"
touch "$tmp/file"
expect 1 "file" "$lab" run "${quick[@]}" --state-dir "$tmp/file/lab"
expect 1 "labcm is running" "$lab" devices --control "$tmp/nobody.sock"
expect 2 "who calls whom" "$lab" call 1001
expect 2 "1001 to 1999" "$lab" call 7 8000
expect 2 "packet" "$lab" call 1001 8000 --packet-ms 5
expect 1 "nosuch" "$lab" call 1001 8000 --expect "$tmp/nosuch"
expect 2 "rate" "$lab" load --rate 0
expect 2 "calls-at-once" "$lab" load --calls-at-once 30000
expect 2 "must be one of calls, lamps" "$lab" load --search rings
expect 2 "not with" "$lab" load --search calls --calls 5
expect 2 "lamps" "$lab" load --vmports /x
expect 2 "codec" "$lab" load --codec g729
expect 1 "labcm is running" "$lab" load --control "$tmp/nobody.sock"
expect 2 "word" "$lab" trust
for c in run call load lamp devices info trust mode renew drop reset fault stop tftp; do
  "$lab" help "$c" >"$tmp/out" 2>"$tmp/err" || fail "help $c"
  grep -q Usage "$tmp/out" || fail "help $c says nothing"
done
echo "ok: wrong use"

"$lab" run "${quick[@]}" --ready-file "$tmp/ready" 2>"$tmp/log" &
pid=$!
for _ in $(seq 600); do [ -e "$tmp/ready" ] && break; sleep 0.05; done
[ -e "$tmp/ready" ] || fail "labcm did not get ready"
at=(--control "$tmp/lab.sock")
grep -q "CallManager-trust is empty" "$tmp/log" || fail "an empty trust is not told"
[ "$(jq -r .control "$tmp/ready")" = "$tmp/lab.sock" ] || fail "the ready file"
expect 1 "" "$lab" run "${quick[@]}"
grep -q "lab.sock" "$tmp/err" || fail "a control socket in use is not named"
expect 0 "" "$lab" info --json "${at[@]}"
[ "$(jq .devices "$tmp/out")" = 8 ] || fail "info"
expect 0 "" "$lab" devices --json "${at[@]}"
[ "$(jq length "$tmp/out")" = 8 ] || fail "devices"
expect 1 "" "$lab" call 1001 8000 --json "${at[@]}"
[ "$(jq -r '.answered, .end' "$tmp/out" | tr '\n' ' ')" = "false no port is registered " ] || fail "a call to nobody"
expect 0 "" "$lab" call 1001 999991 "${at[@]}"
expect 0 "" "$lab" lamp 1001 1002 --json "${at[@]}"
[ "$(jq -c 'map(.on)' "$tmp/out")" = "[true,false]" ] || fail "lamps"
expect 2 "no phone" "$lab" lamp 77 "${at[@]}"
expect 2 "no device" "$lab" drop nobody "${at[@]}"
expect 0 "" "$lab" drop all "${at[@]}"
expect 1 "bad.pem" "$lab" trust "$tmp/bad.pem" "${at[@]}"
before=$(md5sum <"$tmp/lab/CTLFile.tlv")
expect 0 "" "$lab" renew "${at[@]}"
[ "$before" != "$(md5sum <"$tmp/lab/CTLFile.tlv")" ] || fail "renew left the CTL as it was"
expect 2 "secure or non-secure" "$lab" mode half "${at[@]}"
expect 0 "" "$lab" mode non-secure "${at[@]}"
[ "$("$lab" info --json "${at[@]}" | jq .tls)" = null ] || fail "TLS is served on"
expect 0 "" "$lab" mode secure "${at[@]}"
[ "$("$lab" info --json "${at[@]}" | jq .tls)" = "$(jq .tls "$tmp/ready")" ] || fail "TLS is not served again"
expect 0 "" "$lab" stop "${at[@]}"
wait "$pid"; rc=$?; pid=
[ $rc = 0 ] || fail "labcm ended with $rc"
[ ! -e "$tmp/lab.sock" ] || fail "the control socket is left over"
find "$tmp/lab" -name '*.key' ! -perm 600 | grep -q . && fail "a key that others can read"
echo "ok: a running labcm"
