#!/usr/bin/env bash
# A call manager that turns bad for one of eight ports: that port reports or refuses and registers
# again, the other seven never notice, and a call is answered afterwards.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
need jq
proxy=$BUILD/test/evil_proxy
[ -x "$proxy" ] || { echo "skipped: $proxy is not built"; exit 77; }

# Two seconds of the greeting are enough here. The WAV header promises more than follows: that is allowed.
short=$dir/short.wav
head -c 32044 "$greeting" >"$short"

"$labcm" run -n 8 --mode non-secure --sccp-port 0 --tftp-port 0 --tls-port 0 --algorithm top-down \
  --state-dir "$dir/labcm" --control "$dir/l.sock" --ready-file "$dir/ready.json" \
  --rtp-ports $((rtp_base + 100))-$((rtp_base + 199)) >"$dir/labcm.log" 2>&1 &
pids+=($!)
until_true 200 test -s "$dir/ready.json" || { fail "labcm is not ready"; exit 1; }
sccp=$(jq .sccp "$dir/ready.json")
said() { grep -q "$1" "$dir/evil.out"; }
row() { vm status --json | jq -r ".ports[] | select(.[\"Port Name\"] == \"CiscoUM1-VI$1\") | .$2"; }
others_untouched() {
  vm status --json | jq -e '[.ports[] | select(.["Port Name"] != "CiscoUM1-VI1")] |
    all(.registered and .registrations == 1)' >/dev/null
}

start_bad() { # fault; more options of vmports run
  local fault=$1; shift
  : >"$dir/evil.out" # what the one before said must not pass for this one's
  "$proxy" "$sccp" CiscoUM1-VI1 "$fault" >"$dir/evil.out" 2>&1 &
  proxy_pid=$!
  pids+=("$proxy_pid")
  until_true 50 said '^port' || { fail "$fault: the proxy does not listen"; exit 1; }
  "$vmports" run -n 8 --security non-secure -s "127.0.0.1:$(awk '/^port/ {print $2}' "$dir/evil.out")" \
    --state-dir "$dir/vmports" --control "$dir/v.sock" --rtp-ports "$rtp_base-$((rtp_base + 99))" \
    -g "$short" --json "$@" >"$dir/summary.json" 2>"$dir/vmports.log" &
  vm_pid=$!
  pids+=("$vm_pid")
}
end_bad() { # fault
  stop_vmports
  [ "$vm_code" = 0 ] || fail "$1: vmports run ended with $vm_code"
  kill "$proxy_pid"; wait "$proxy_pid" 2>/dev/null
}
call_answered() { # words
  expect 0 lab call 1001 8000 --clear --expect "$short" --json && holds '.expect.equal' "$dir/out" "$1"
}

# Broken streams: the connection ends with one line that names what was wrong, and comes again.
while read -r fault line; do
  start_bad "$fault"
  until_true 300 said "done" || fail "$fault: nothing was done"
  until_true 150 sh -c "
    '$vmports' status --json --control '$dir/v.sock' |
    jq -e '.ports[0].registrations >= 2 and .ports[0].registered'" ||
    fail "$fault: CiscoUM1-VI1 did not register again"
  others_untouched && ok "$fault: seven ports did not notice" || fail "$fault: other ports were hurt"
  grep -q "CiscoUM1-VI1.*$line" "$dir/vmports.log" && ok "$fault: said in the log" ||
    fail "$fault: no line with \"$line\": $(grep CiscoUM1-VI1 "$dir/vmports.log")"
  [ "$fault" = huge ] && call_answered "$fault: a call is answered afterwards"
  end_bad "$fault"
done <<'TABLE'
garbage SCCP header: the length is 4269806591, it must be 4 to 4096
half the peer closed the connection
huge SCCP header: the length is 4294967295, it must be 4 to 4096
tiny SCCP header: the length is 3, it must be 4 to 4096
TABLE

# Acks for nothing, media of no call, an unknown message: counted, nothing else.
start_bad acks
until_true 300 said "done"
wait_registered 8
sleep 1
[ "$(row 1 registrations)" = 1 ] && others_untouched && ok "acks: nobody registers again" ||
  fail "acks: $(row 1 registrations) registrations"
[ $(($(row 1 unexpected) + $(row 1 unknown_messages))) -ge 1 ] && ok "acks: counted" ||
  fail "acks: not counted"
call_answered "acks: a call is answered afterwards"
end_bad acks

# Keys that are none: refused in protocol by a status that is not 0.
for fault in keys0 keys17; do
  start_bad $fault
  wait_registered 8
  lab call 1001 8000 --clear --for 1 --json >"$dir/out" 2>"$dir/err"
  until_true 20 said '^ack'
  status=$(awk '/^ack/ {print $2; exit}' "$dir/evil.out")
  [ "${status:-0}" != 0 ] && ok "$fault: OpenReceiveChannelAck has status $status" ||
    fail "$fault: the keys were taken: status ${status:-none}"
  until_true 100 registered 8 && others_untouched || fail "$fault: ports were hurt"
  call_answered "$fault: a call is answered afterwards"
  end_bad $fault
done

# A caller whose number would end the line of the log and colour the next one.
start_bad caller --verbose
wait_registered 8
call_answered "caller: the call is answered"
said "done" || fail "caller: nothing was done"
grep -q -F 'answered: caller \x0a\x1b\xff1, called 8000' "$dir/vmports.log" &&
  ok "caller: its bytes are escaped in the log" || fail "caller: $(grep answered: "$dir/vmports.log")"
others_untouched || fail "caller: ports were hurt"
end_bad caller

# Nowhere to send to.
start_bad nowhere
wait_registered 8
lab call 1001 8000 --clear --for 1 --json >"$dir/out" 2>"$dir/err"
said "done" || fail "nowhere: nothing was done"
until_true 100 registered 8 && others_untouched && ok "nowhere: ports stay registered" ||
  fail "nowhere: ports were hurt"
call_answered "nowhere: a call is answered afterwards"
end_bad nowhere

# A second call on a port that is busy: the first one is heard to its end.
start_bad second
wait_registered 8
call_answered "second: the call that is up is heard to its end"
said "done" || fail "second: nothing was done"
registered 8 && others_untouched || fail "second: ports were hurt"
end_bad second
exit "$bad"
