#!/usr/bin/env bash
# ages_test.sh heard|mixed|refused: ages of TLS by the real programs. An old lab (TLS 1.0, RSA 1024, SHA-1), one
# that insists on TLS 1.3, an EC certificate; an old and a new one in one run; and what a port says, and
# doctor, where the ages do not fit.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
need jq

head -c 16044 "$greeting" >"$dir/short.wav"
expect 0 "$vmports" cert export "$dir/old.pem" --legacy-tls --state-dir "$dir/vmports"

end_lab() {
  expect 0 lab stop
  wait "$lab_pid" || fail "labcm ended with $?"
  rm -rf "$dir/labcm" "$dir"/vmports/CTLFile.tlv*
}
# heard VERSION CIPHER 'labcm options' 'run options': two ports register so, and a call is heard by SRTP.
# shellcheck disable=SC2154  # lib.sh sets them
heard() {
  local version=$1 cipher=$2 words="$3 | $4"
  # shellcheck disable=SC2086  # the words of a command line
  start_labcm --trust "$dir/old.pem" $3
  # shellcheck disable=SC2086
  start_vmports -n 2 -g "$dir/short.wav" $4
  wait_registered 2
  vm status --json >"$dir/status.json"
  holds "all(.ports[]; .tls_version == \"$version\" and .cipher == \"$cipher\")" "$dir/status.json" \
    "$words: $version, $cipher"
  expect 0 lab call 1001 8000 --expect "$dir/short.wav" --json
  holds '.answered and .expect.equal and .encrypted' "$dir/out" "$words: the greeting is heard"
  stop_vmports
  [ "$vm_code" = 0 ] || fail "$words: run ended with $vm_code"
  end_lab
}
old='-n 2 --legacy-tls'
all_heard() {
  heard TLSv1 AES128-SHA "$old --tls-max 1.0 --ciphers AES128-SHA" --legacy-tls
  heard TLSv1.1 AES256-SHA "$old --tls-min 1.1 --tls-max 1.1 --ciphers AES256-SHA" --legacy-tls
  heard TLSv1.2 ECDHE-RSA-AES256-GCM-SHA384 "$old" --legacy-tls
  heard TLSv1.3 TLS_AES_256_GCM_SHA384 '-n 2 --tls-min 1.3' ''
  grep -c 'refuses TLS 1.2: TLS 1.3 is offered' "$dir/vmports.log" | grep -qE '^[1-9]' ||
    fail 'nothing tells that TLS 1.3 was offered'
  grep -q 'TLS-07' "$dir/vmports.log" && fail 'the port heard of a refusal that was mended'
  heard TLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384 '-n 2 --cert-kind ec256' ''
}

# ---- refused: who is too old for whom, and which step of doctor says it
refused() { # ID 'labcm options' 'run options'
  # shellcheck disable=SC2086
  start_labcm --trust "$dir/old.pem" $2
  # shellcheck disable=SC2086
  start_vmports -n 2 $3
  until_true 300 grep -q "$1" "$dir/vmports.log" && ok "$2 | $3: $1" || fail "$2 | $3: no $1"
  # shellcheck disable=SC2086
  timeout 60 "$vmports" doctor --json --state-dir "$dir/vmports" -t "127.0.0.1:$lab_tftp" \
    -s "127.0.0.1:$lab_tls" --first 2 $3 >"$dir/doctor.json" 2>"$dir/doctor.log"
  holds "first(.steps[] | select(.problems != [])) | .step == \"tls\" and .problems[0].id == \"$1\"" \
    "$dir/doctor.json" "doctor: $1"
  stop_vmports
  end_lab
}
all_refused() {
  refused TLS-10 "$old --tls-max 1.0" ''
  refused TLS-11 "$old --tls-min 1.2" ''
  refused TLS-07 '-n 2 --tls-min 1.3' '--tls-max 1.2'
  refused TLS-07 '-n 2 --tls-min 1.3' '--legacy-tls'
  refused TLS-05 '-n 2' '--legacy-tls'
  cp "$dir/old.pem" "$dir/root.pem" # another root alone: the alert comes after the handshake
  refused TLS-03 '-n 2 --tls-min 1.3' ''
  rm "$dir/root.pem"
}

# ---- two nodes of one cluster in TLS 1.3, the second without our root: doctor registers with the first, and
# waits for the second one's alert although its handshake went well
second_node_refuses() {
  start_labcm -n 2 --tls-min 1.3
  cp -r "$dir/labcm" "$dir/second"
  rm -r "$dir/second/trust"
  "$labcm" run -n 2 --tls-min 1.3 --trust "$dir/old.pem" --tftp-port 0 --tls-port 0 --state-dir "$dir/second" \
    --control "$dir/o.sock" --ready-file "$dir/second.json" >"$dir/second.log" 2>&1 &
  second_pid=$!
  pids+=("$second_pid")
  until_true 200 test -s "$dir/second.json" || { fail "the second labcm is not ready"; exit 1; }
  late_alert() {
    timeout 60 "$vmports" doctor --json --state-dir "$dir/vmports" -t "127.0.0.1:$lab_tftp" --tls-max 1.3 \
      -s "127.0.0.1:$lab_tls,127.0.0.1:$(jq .tls "$dir/second.json")" >"$dir/doctor.json" 2>"$dir/doctor.log"
    jq -e '.steps | map({(.step): .}) | add | .register.result == "ok" and .tls.result == "failed" and
      (.tls.problems | length == 1 and .[0].id == "TLS-03")' "$dir/doctor.json"
  }
  tries 3 late_alert && ok 'doctor: an alert after the handshake is heard' || {
    fail 'doctor: an alert after the handshake is not heard'
    jq -c '.steps[] | {step, result, problems}' "$dir/doctor.json"
  }
  expect 0 "$labcm" stop --control "$dir/o.sock"
  wait "$second_pid" || fail "the second labcm ended with $?"
  end_lab
}

# ---- an old lab and a new one in one run
both_in_one_run() {
  start_labcm -n 2
  "$labcm" run -n 2 --prefix Old-VI --legacy-tls --tls-max 1.0 --trust "$dir/old.pem" --tftp-port 0 --tls-port 0 \
    --state-dir "$dir/oldlab" --control "$dir/o.sock" --ready-file "$dir/oldlab.json" \
    --rtp-ports $((rtp_base + 60))-$((rtp_base + 99)) >"$dir/oldlab.log" 2>&1 &
  old_pid=$!
  pids+=("$old_pid")
  until_true 200 test -s "$dir/oldlab.json" || { fail "the old labcm is not ready"; exit 1; }
  cat >"$dir/ages.conf" <<EOF
RtpPorts = $rtp_base-$((rtp_base + 59))
PhoneSystem {
  PortGroup {
    DisplayName = "New"
    TftpServers = "127.0.0.1:$lab_tftp"
    Servers = "127.0.0.1:$lab_tls"
    NumberOfPorts = 2
    Greeting = "$dir/short.wav"
  }
  PortGroup {
    DisplayName = "Old"
    SkinnyDevicePrefix = "Old-VI"
    LegacyTls = yes
    TftpServers = "127.0.0.1:$(jq .tftp "$dir/oldlab.json")"
    Servers = "127.0.0.1:$(jq .tls "$dir/oldlab.json")"
    NumberOfPorts = 2
    Greeting = "$dir/short.wav"
  }
}
EOF
  "$vmports" run --config "$dir/ages.conf" --state-dir "$dir/vmports" --control "$dir/v.sock" --json \
    >"$dir/summary.json" 2>"$dir/vmports.log" &
  vm_pid=$!
  pids+=("$vm_pid")
  wait_registered 4
  vm status --json >"$dir/status.json"
  holds '[.ports[].tls_version] == ["TLSv1.2", "TLSv1.2", "TLSv1", "TLSv1"]' "$dir/status.json" \
    'both ages in one run, each group with its own'
  expect 0 lab call 1001 8000 --expect "$dir/short.wav" --json
  holds '.expect.equal and .encrypted' "$dir/out" 'the new lab hears the greeting'
  expect 0 "$labcm" call 1001 8000 --expect "$dir/short.wav" --json --control "$dir/o.sock"
  holds '.expect.equal and .encrypted' "$dir/out" 'the old lab hears the greeting'
  stop_vmports
  [ "$vm_code" = 0 ] || fail "run ended with $vm_code"
  expect 0 "$labcm" stop --control "$dir/o.sock"
  wait "$old_pid" || fail "the old labcm ended with $?"
  end_lab
}

case $1 in
heard) all_heard ;;
mixed) both_in_one_run ;;
refused) all_refused; second_node_refuses ;;
*) fail "heard, mixed or refused?" ;;
esac
exit "$bad"
