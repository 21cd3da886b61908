#!/usr/bin/env bash
# A caller's digits by each way of sccp.md 7.7, counted once by the port that hears them; those in
# the audio only where --inband-dtmf asks for it.
. "$(dirname "$0")/lib.sh"
need jq

digits() { vm status --json | jq '[.ports[].digits] | add'; }
counted() { [ "$(digits)" = "$1" ]; }
dial() { # form digits wanted
  local before
  before=$(digits)
  expect 0 lab call 1001 8000 --dtmf "$2" --dtmf-form "$1" --for 3 --json
  until_true 50 counted $((before + $3)) && ok "$1: $3 digits" ||
    fail "$1: $(($(digits) - before)) digits, wanted $3"
}

start_labcm
for listens in "" --inband-dtmf; do
  # shellcheck disable=SC2086 # no word at all, or one
  start_vmports --after-greeting silence $listens
  wait_registered 8
  for form in keypad tone notify rfc2833; do
    dial "$form" 1590 4
  done
  dial inband "1590*#AD" "$([ -n "$listens" ] && echo 8 || echo 0)"
  stop_vmports
  [ "$vm_code" = 0 ] || fail "vmports run ended with $vm_code"
done
expect 2 lab call 1001 8000 --dtmf 1 --dtmf-form inband --play "$greeting"
expect 0 lab stop
wait "$lab_pid" || fail "labcm run ended with $?"
exit "$bad"
