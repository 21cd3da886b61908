#!/usr/bin/env bash
# Several call managers: two labcm of one cluster, each of which can lose its CallManager service, or
# its life without a word. What is played is named by the argument.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
need jq

# ---- node A is `lab`
start_b() { # STATE [options]: sets b_tls
  local state=$1; shift
  "$labcm" run -n 8 --tftp-port 0 --tls-port 0 --state-dir "$state" --keepalive 5 \
    --control "$dir/b.sock" --ready-file "$dir/b.json" \
    --rtp-ports $((rtp_base + 60))-$((rtp_base + 99)) "$@" >"$dir/b.log" 2>&1 &
  b_pid=$!
  pids+=("$b_pid")
  until_true 200 test -s "$dir/b.json" || { fail "node B is not ready"; exit 1; }
  b_tls=$(jq .tls "$dir/b.json")
}
start_nodes() { # [options]: sets a_tls, b_tls; node B shares the state of A, and so its certificate
  start_labcm --keepalive 5 "$@"
  a_tls=$lab_tls
  start_b "$dir/labcm" "$@"
}
node_b() { "$labcm" "$@" --control "$dir/b.sock"; }
info() { # lab|node_b FILTER
  "$1" info --json 2>/dev/null | jq -e "$2" >/dev/null
}
wait_info() { # lab|node_b FILTER WORDS
  if until_true 400 info "$1" "$2"; then ok "$3"; else
    fail "$3: $2"
    lab info --json; node_b info --json; vm status --json | jq -c '.ports[]' | head -3
  fi
}
start_ports() { # [options]
  start_vmports -s "127.0.0.1:$a_tls,127.0.0.1:$b_tls" --rtp-ports "$rtp_base-$((rtp_base + 59))" "$@"
}
greets() { # a port plays its greeting
  vm status --json 2>/dev/null |
    jq -e '[.ports[] | select(.["Conversation Status"] == "Opening Greeting")] | length == 1'
}
wait_call() { # both ways, as both ends know
  wait_info lab '.calls_with_media == 1' "a call is up at A"
  until_true 300 greets || fail "no port plays its greeting"
}
whole_call() { # FILE WORDS: the greeting was heard, every sample and nothing twice
  holds '.answered and .encrypted and .expect.equal and .auth_failures == 0 and .lost == 0 and
    .expect.samples_compared == .expect.samples_wanted' "$1" "$2"
}
end_nodes() {
  expect 0 lab stop
  expect 0 node_b stop
  wait "$lab_pid" || fail "node A ended with $?"
  wait "$b_pid" || fail "node B ended with $?"
}

play_calls() {
  start_nodes
  start_ports -v --after-greeting loop
  wait_info lab '.registered == 8' "eight ports at node A"
  wait_info node_b '.standing_by == 8 and .standby_keepalives >= 8 and .registered == 0' \
    "and all of them stand by at node B"

  # The service of A stops in mid-call: the call goes on until the phone hangs up, the others are
  # at B.
  "$labcm" call 1001 8000 --for 250 --control "$dir/l.sock" >"$dir/kept.log" 2>&1 &
  call_pid=$!
  wait_call
  expect 0 lab service stop
  wait_info node_b '.registered == 7' "seven ports are at B at once"
  vm status --json >"$dir/status.json"
  holds '[.ports[] | select(.state == "call kept" and .["Conversation Status"] == "Opening Greeting")]
    | length == 1' "$dir/status.json" "the eighth keeps its call"
  kill "$call_pid"
  wait "$call_pid" 2>/dev/null
  wait_info node_b '.registered == 8' "and comes when the phone has hung up"
  expect 0 node_b call 1002 8000 --for 4 --expect "$greeting" --json
  holds '.answered and .encrypted and .expect.equal' "$dir/out" "a call at B hears the greeting"

  # A comes back, lets them wait, then takes them.
  expect 0 lab tokens refuse 3
  expect 0 lab service start
  wait_info lab '.tokens_refused >= 8 and .registered == 0' "A is back and refuses tokens"
  info node_b '.registered == 8' || fail "ports left B without a token"
  expect 0 lab tokens grant
  wait_info lab '.registered == 8 and .tokens_granted >= 8' "with their tokens, all are back at A"
  wait_info node_b '.registered == 0 and .standing_by == 8' "and stand by at B again"
  stop_vmports
  holds '.failovers == 8 and .failbacks == 8 and .calls_kept == 1 and .calls_failed == 0 and
    .calls == 2' "$dir/summary.json" "the summary counts it"

  # Without the setting they stay where they landed.
  start_ports --no-failback
  wait_info lab '.registered == 8' "eight ports at A"
  wait_info node_b '.standing_by == 8' "standing by at B"
  expect 0 lab service stop
  wait_info node_b '.registered == 8' "at B after the loss"
  expect 0 lab service start
  wait_info lab '.standing_by == 8' "A is back: they stand by there"
  info node_b '.registered == 8' && info lab '.registered == 0' || fail "they did not stay at B"
  stop_vmports
  end_nodes
}

# The whole greeting, sample by sample, in a call whose call manager dies in the middle of it.
play_sound() {
  start_nodes
  start_ports
  wait_info lab '.registered == 8' "eight ports at node A"
  lab call 1001 8000 --for 25 --expect "$greeting" --json >"$dir/kept.json" 2>"$dir/kept.log" &
  call_pid=$!
  wait_call
  expect 0 lab service stop
  wait "$call_pid"
  whole_call "$dir/kept.json" "the phone hears the whole greeting, without a gap"
  holds '.end == "the CallManager service was stopped"' "$dir/kept.json" "though its service is gone"
  wait_info node_b '.registered == 8' "then the port is at B"
  stop_vmports
  end_nodes
}

# A stops without a word: no RST, no FIN, the kernel still acknowledges every keepalive.
play_silent() {
  start_nodes --keepalive 2
  start_ports --verbose
  wait_info lab '.registered == 8' "eight ports at node A"
  wait_info node_b '.standing_by == 8' "standing by at node B"
  kill -STOP "$lab_pid"
  wait_info node_b '.registered == 8' "A is dead: all are at B when three keepalives are unanswered"
  [ "$(grep -c 'three keepalives unanswered' "$dir/vmports.log")" -ge 8 ] &&
    ok "each port says what it was that it missed" || fail "no word about keepalives"
  expect 0 node_b call 1002 8000 --for 4 --expect "$greeting" --json
  holds '.answered and .encrypted and .expect.equal' "$dir/out" "a call at B hears the greeting"
  kill -CONT "$lab_pid"
  wait_info lab '.registered == 8 and .tokens_granted >= 8' "A lives again, and takes them back"
  wait_info node_b '.registered == 0 and .standing_by == 8' "B stands by again"
  stop_vmports
  holds '.failovers == 8 and .failbacks == 8 and .calls_failed == 0' "$dir/summary.json" \
    "the summary counts it"
  end_nodes
}

# A takes no notice of one port any more, in the middle of its call: the voice goes on.
play_half() {
  local one
  start_nodes --keepalive 2
  start_ports --verbose --after-greeting loop
  wait_info lab '.registered == 8' "eight ports at node A"
  wait_info node_b '.standing_by == 8' "standing by at node B"
  "$labcm" call 1001 8000 --for 250 --control "$dir/l.sock" >"$dir/kept.log" 2>&1 &
  call_pid=$!
  wait_call
  one=$(vm status --json | jq -r '.ports[] |
    select(.["Conversation Status"] == "Opening Greeting")["Port Name"]')
  expect 0 lab fault sccp-half-open on --device "$one"
  noted() { grep -q "$one.*$1" "$dir/vmports.log"; }
  until_true 300 noted "three keepalives unanswered" && until_true 50 noted "the call goes on without" &&
    ok "$one has lost its call manager, and keeps its call" ||
    fail "$one: $(vm status --json | jq -c --arg n "$one" '.ports[] | select(.["Port Name"] == $n)')"
  until_true 300 noted "registers with the call manager that stands by" &&
    ok "and registers at B when the lab has ended the call" || fail "$one does not go to B"
  info lab '.registered >= 7' || fail "the other ports did not stay"
  expect 0 lab fault sccp-half-open off
  wait "$call_pid"
  wait_info lab '.registered == 8' "and is back at A when that answers again"
  stop_vmports
  holds '.calls_kept == 1 and .calls == 1' "$dir/summary.json" "one call, kept"
  end_nodes
}

# A is there again while a port at B has a call: that one comes when its call is over.
play_back() {
  start_nodes
  start_ports --after-greeting loop
  wait_info lab '.registered == 8' "eight ports at node A"
  wait_info node_b '.standing_by == 8' "standing by at node B"
  expect 0 lab service stop
  wait_info node_b '.registered == 8' "at B after the loss"
  "$labcm" call 1001 8000 --for 250 --control "$dir/b.sock" >"$dir/call.log" 2>&1 &
  call_pid=$!
  wait_info node_b '.calls_with_media == 1' "a call is up at B"
  expect 0 lab service start
  wait_info lab '.registered == 7' "A is back: seven ports return"
  info node_b '.registered == 1 and .calls_with_media == 1' && ok "the eighth stays with its call" ||
    fail "the call at B: $(node_b info --json | jq -c '{registered, calls_with_media}')"
  kill "$call_pid"
  wait "$call_pid" 2>/dev/null
  wait_info lab '.registered == 8' "and comes when the phone has hung up"
  stop_vmports
  holds '.failovers == 8 and .failbacks == 8 and .calls == 1 and .calls_kept == 0 and
    .calls_failed == 0' "$dir/summary.json" "no call was cut or kept without its call manager"
  end_nodes
}

# Each node has a CallManager certificate of its own, and its record in the one list of the cluster.
play_nodes() {
  local root=$dir/root.pem
  "$vmports" cert export "$root" --state-dir "$dir/vmports" >/dev/null 2>"$dir/export.log" ||
    { fail "cert export"; exit 1; }
  start_b "$dir/second" --node cucm-lab-sub --bind 127.0.0.2 --trust "$root"
  start_labcm --keepalive 5 --other-node "cucm-lab-sub,127.0.0.2,$dir/second/callmanager.pem"
  cmp -s "$dir/labcm/callmanager.pem" "$dir/second/callmanager.pem" && fail "one certificate for both"

  start_vmports -s "127.0.0.1:$lab_tls,127.0.0.2:$b_tls" --rtp-ports "$rtp_base-$((rtp_base + 59))"
  wait_info lab '.registered == 8' "eight ports at node A"
  wait_info node_b '.standing_by == 8' "standing by at B, whose certificate is another one"
  expect 0 lab service stop
  wait_info node_b '.registered == 8' "A is gone: they are at B"
  expect 0 node_b call 1002 8000 --for 4 --expect "$greeting" --json
  holds '.answered and .encrypted and .expect.equal' "$dir/out" "a call at B hears the greeting"
  expect 0 lab service start
  wait_info lab '.registered == 8' "A is back: so are they"
  stop_vmports
  holds '.failovers == 8 and .failbacks == 8' "$dir/summary.json" "there and back"

  # Who presents B's certificate at A's address is not A: its record binds it to its own host.
  cp -r "$dir/second" "$dir/third"
  "$labcm" run -n 8 --tftp-port 0 --tls-port 0 --state-dir "$dir/third" --control "$dir/c.sock" \
    --node cucm-lab-sub --ready-file "$dir/c.json" --rtp-ports $((rtp_base + 60))-$((rtp_base + 99)) \
    >"$dir/c.log" 2>&1 &
  c_pid=$!
  pids+=("$c_pid")
  until_true 200 test -s "$dir/c.json" || { fail "the third labcm is not ready"; exit 1; }
  start_vmports -s "127.0.0.1:$(jq .tls "$dir/c.json"),127.0.0.2:$b_tls" \
    --rtp-ports "$rtp_base-$((rtp_base + 59))"
  wait_info node_b '.registered == 8' "B's certificate at A's address is refused, at B's it is right"
  grep -q 'TLS-02.*127.0.0.1' "$dir/vmports.log" && ok "and the log says so" ||
    fail "no TLS-02: $(grep -m 3 TLS "$dir/vmports.log")"
  [ "$("$labcm" info --json --control "$dir/c.sock" | jq .registered)" = 0 ] ||
    fail "a port trusts the wrong node"
  stop_vmports
  expect 0 "$labcm" stop --control "$dir/c.sock"
  wait "$c_pid"
  end_nodes
}

play_groups() {
  start_nodes
  cat >"$dir/groups.conf" <<EOF
RtpPorts = $rtp_base-$((rtp_base + 59))
PhoneSystem {
  PortGroup {
    DisplayName = "one"
    TftpServers = "127.0.0.1:$lab_tftp"
    Servers = "127.0.0.1:$a_tls,127.0.0.1:$b_tls"
    NumberOfPorts = 4
  }
  PortGroup {
    DisplayName = "two"
    TftpServers = "127.0.0.1:$lab_tftp"
    Servers = "127.0.0.1:$b_tls,127.0.0.1:$a_tls"
    FirstPort = 5
    NumberOfPorts = 4
  }
}
EOF
  "$vmports" run --config "$dir/groups.conf" --state-dir "$dir/vmports" --control "$dir/v.sock" \
    --json >"$dir/summary.json" 2>"$dir/vmports.log" &
  vm_pid=$!
  pids+=("$vm_pid")
  wait_info lab '.registered == 4 and .standing_by == 4' "each group at its own first server: A"
  wait_info node_b '.registered == 4 and .standing_by == 4' "and B"
  expect 0 lab service stop
  wait_info node_b '.registered == 8' "half of them had to move"
  holds '.registered == 8' <(vm status --json | jq '{registered: [.ports[] | select(.registered)] | length}') \
    "all are registered"
  expect 0 lab service start
  wait_info lab '.registered == 4' "the first group goes back"
  wait_info node_b '.registered == 4' "the second one was never away"
  stop_vmports
  holds '.failovers == 4 and .failbacks == 4' "$dir/summary.json" "four each way"
  end_nodes
}

play_many() {
  start_nodes -n 500
  start_ports -n 500 --max-handshakes 20 --rtp-ports 21000-61000
  wait_info lab '.registered == 500' "500 ports at A"
  expect 0 lab service stop
  wait_info node_b '.registered == 500' "500 ports at B"
  stop_vmports
  holds '.handshakes_most >= 2 and .handshakes_most <= 20 and .failovers == 500' \
    "$dir/summary.json" "never more than 20 handshakes at once"
  end_nodes
}

case ${1:-} in
  calls | sound | silent | half | back | nodes | groups | many) "play_$1" ;;
  *) echo "usage: failover_test.sh calls|sound|silent|half|back|nodes|groups|many"; exit 2 ;;
esac
