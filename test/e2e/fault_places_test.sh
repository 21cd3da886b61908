#!/usr/bin/env bash
# fault_places_test.sh steps|silence 1.2|1.3, or keys|bytes|devices: the faults of the menu that strike at more
# than one place, at each of them: every step of a handshake, every byte of a message; and those that
# are kept to one device before its name is known. The ports that meet them say so, and when they end
# all are registered by the retry rule, with the descriptors and threads of before.
. "$(dirname "$0")/lib.sh"
need jq
. "$(dirname "$0")/walk.sh"

met() { # name times: so often at least
  [ "$(lab fault "$1" | sed -n 's/.* met \([0-9]*\) times/\1/p')" -ge "$2" ]
}
ends() { # name ports: all come back, and a call is answered
  expect 0 lab fault "$1" off
  until_true 300 registered "$2" || fail "$1: not every port came back"
  call_answered || fail "$1: no call is answered afterwards"
}
each_registered_anew() { # since the mark
  [ "$(since_mark | grep -c ': registered with')" -ge "$ports" ] && registered "$ports"
}

# Where each port stood when it ended; what is no TLS is refused in words that do not say it.
stood_at() { since_mark | sed -n "s/.*\(during the handshake\|was not finished\).*(\(state: \)\?\([^()]*\)).*/\3/p" | sort -u; }
each_step_is_met() { # name steps
  [ "$(stood_at | wc -l)" -ge "$2" ]
}
steps_of_kind() { # name verdict steps
  set_mark
  expect 0 lab fault "$1" on --at each
  expect 0 lab drop all
  until_true 300 marked "$2" || fail "$1: no $2"
  if [ "$1" = tls-garbage ]; then
    until_true 300 met "$1" "$3" && ok "$1 at each of $3 steps" || fail "$1: not met $3 times"
  else
    until_true 300 each_step_is_met "$1" "$3" && ok "$1: $2 at each of $3 steps" ||
      fail "$1: met at these steps alone: $(stood_at | tr '\n' ',')"
  fi
  until_true 100 in_status "$2" || fail "$1: not in the status"
  ends "$1" 8
}
steps() { # TLS version
  steps_of_kind tls-reset "the peer reset the connection during the handshake" "$(steps_in "$1")"
  steps_of_kind tls-closes "the peer closed the connection during the handshake" "$(steps_in "$1")"
  steps_of_kind tls-garbage "left the TLS version that was chosen" "$(steps_in "$1")"
}
silence() { # TLS version: each port waits for ten seconds
  steps_of_kind tls-silent TLS-13 "$(steps_in "$1")"
}
steps_in() { [ "$1" = 1.3 ] && echo 6 || echo 7; } # tools/labcm/handshake_cut.h

# ButtonTemplateRes of 42 buttons: sccp.md 4.2.
frame=108
cut_at() { since_mark | sed -n 's/.*in the middle of a message, after its first \([0-9]*\) bytes.*/\1/p' | sort -nu; }
each_byte_was_the_last() { [ "$(cut_at | tr '\n' ' ')" = "$(seq -s ' ' 1 $((frame - 1))) " ]; }
bytes() {
  set_mark
  expect 0 lab fault sccp-cut-frame on --at each
  expect 0 lab drop all
  until_true 400 each_byte_was_the_last && ok "a message was cut after each of its $frame bytes" ||
    fail "cut after these bytes alone: $(cut_at | tr '\n' ' ')"
  until_true 100 in_status "in the middle of a message" || fail "not in the status"
  ends sccp-cut-frame "$ports"
  for at in 0 4096; do # before its first byte, behind its last one
    set_mark
    expect 0 lab fault sccp-cut-frame on --at $at --device CiscoUM1-VI3
    expect 0 lab drop CiscoUM1-VI3
    until_true 300 marked "the peer closed the connection" || fail "--at $at: no end"
    ! marked "in the middle" && ok "--at $at cuts no message" || fail "--at $at cuts a message"
    ends sccp-cut-frame "$ports"
  done
}

registrations() { lab devices --json | jq -s -c '(if type == "array" then flatten else . end) |
  map(select(.name != "CiscoUM1-VI3") | .registrations)'; }
strangers_list() { # file: the list as it is served to another address of this machine
  curl -s --interface 127.0.0.2 -o "$1" "tftp://127.0.0.1:$lab_tftp/CTLFile.tlv"
}
devices() {
  local one=CiscoUM1-VI3 before
  before=$(registrations)
  set_mark
  expect 0 lab fault tls-reset on --device "$one" --at certificate-request
  until_true 300 marked "during the handshake (SSLv3/TLS read server key exchange)" &&
    ok "one port meets it at its step" || fail "$one does not meet it there"
  since_mark | grep -F "during the handshake" | grep -v -F "$one" && fail "another port meets it"
  until_true 300 met tls-reset 2 || fail "it does not last"
  lab fault tls-reset | grep -q "^tls-reset: on for $one at certificate-request, met [0-9]* times$" ||
    fail "says: $(lab fault tls-reset)"
  expect 1 lab fault tls-closes on --device "$one"
  grep -q "has no connection: its address is not known" "$dir/err" || fail "says: $(cat "$dir/err")"
  ends tls-reset 8
  set_mark
  expect 0 lab fault tls-not-in-list on --device "$one"
  until_true 300 marked TLS-02 || fail "no TLS-02"
  ends tls-not-in-list 8
  [ "$(registrations)" = "$before" ] && ok "the other ports stayed" || fail "others registered anew"
  set_mark
  expect 0 lab fault tls-renegotiation on --device "$one"
  until_true 300 marked "wants to renegotiate TLS: refused with alert 100" &&
    until_true 300 marked "TLS-14" && ok "who insists on new keys is refused, and loses the port" ||
    fail "no word of a renegotiation"
  ends tls-renegotiation 8
  # The list is a port group's: what is told apart is the address.
  for fault in tftp-error-1 ctl-bit-header; do
    set_mark
    expect 0 lab fault $fault on --device "$one"
    expect 0 vm reset "$one"
    until_true 300 marked "$([ $fault = tftp-error-1 ] && echo TFTP-01 || echo CTL-26)" ||
      fail "$fault: the device's address does not meet it"
    if command -v curl >/dev/null && curl -V | grep -q tftp; then
      strangers_list "$dir/list.tlv" && "$vmports" ctl verify "$dir/list.tlv" >"$dir/out" 2>&1 &&
        ok "$fault: another address gets the right list" || fail "$fault: another address: $(cat "$dir/out")"
    fi
    ends $fault 8
  done
  expect 2 lab fault tls-expired on --device "$one"
  grep -q "which is everybody's" "$dir/err" || fail "says: $(cat "$dir/err")"
  expect 2 lab fault tls-reset on --at nowhere
  grep -q "no such step" "$dir/err" || fail "says: $(cat "$dir/err")"
  expect 2 lab fault tftp-silent on --at each
  grep -q "at one place alone" "$dir/err" || fail "says: $(cat "$dir/err")"
}
keys() { # TLS 1.3 renews them without a word
  set_mark
  expect 0 lab fault tls-renegotiation on
  expect 0 lab drop all
  until_true 300 each_registered_anew || fail "ports do not register"
  call_answered || fail "no call is answered after new keys"
  registered 8 && ! marked TLS-14 && ok "new keys were given" || fail "new keys were not given"
  since_mark | grep -c 'the peer .* the connection' | grep -q '^8$' || fail "ports were lost by it"
  expect 0 lab fault tls-renegotiation off
}

ports=8 version=${2:-1.2} keepalive=2
[ "$1" != bytes ] || ports=40
# Whose lines are counted must not lose one to a machine that stands still for three keepalives.
case $1 in keys | devices) keepalive=20 ;; esac
start_labcm --keepalive $keepalive -n $ports --tls-max "$version" --tls-min "$version"
start_walker -n $ports
wait_registered $ports
call_answered || fail "no call is answered before any fault"
remember
case $1 in
steps | silence) "$1" "$version" ;;
keys | bytes | devices) "$1" ;;
*) fail "what is $1?" ;;
esac
all_as_before
stop_vmports
[ "$vm_code" = 0 ] || fail "vmports run ended with $vm_code"
expect 0 lab stop
wait "$lab_pid" || fail "labcm run ended with $?"
exit "$bad"
