#!/usr/bin/env bash
# --log-format cuc: the lines that engineers search for stand under the component and the level that CUC
# gives them (unity-connection.md 6.3), with the address and the reason.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need jq
start_labcm

traces() { # WORDS PATTERN OPTIONS...: a run traces it
  local words=$1 pattern="^[0-9:.]{12} [|][0-9]+,,,$2"; shift 2
  "$vmports" run -n 1 -t "127.0.0.1:$lab_tftp" --state-dir "$dir/vmports" --control "$dir/v.sock" \
    --log-format cuc "$@" >/dev/null 2>"$dir/vmports.log" &
  vm_pid=$!
  pids+=("$vm_pid")
  until_true 300 grep -q -E -e "$pattern" "$dir/vmports.log" && ok "$words" ||
    fail "$words: no line \"$pattern\""
  kill "$vm_pid"
  wait "$vm_pid" || fail "$words: the run ended with $?"
}

traces "the server is not in the list" "MiuGeneral,25,CiscoUM1-VI1: CTL-35 .*CUCM server 127\.0\.0\.9 " \
  -s "127.0.0.9:$lab_tls"
traces "the call manager rejects the device" "MiuSkinny,23,Nobody-VI1: the call manager rejects" \
  -s "127.0.0.1:$lab_tls" -p Nobody-VI
traces "nobody listens" "MiuSkinny,23,CiscoUM1-VI1: NET-01 127\.0\.0\.1:1: " -s 127.0.0.1:1
expect 0 lab fault tls-root-unknown on
traces "the root is not known" "SslInit,23,CiscoUM1-VI1: TLS-03 127\.0\.0\.1:$lab_tls: " \
  -s "127.0.0.1:$lab_tls"
expect 0 lab fault tls-root-unknown off
expect 0 lab fault tftp-error-1 on
traces "no list on the server" "MiuGeneral,25,PhoneSystem-1: TFTP-01 .*not found \(res=68\)" \
  -s "127.0.0.1:$lab_tls"
exit "$bad"
