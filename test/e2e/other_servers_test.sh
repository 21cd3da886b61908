#!/usr/bin/env bash
# vmports against call managers that it was not written for: test/other plays each brand of sccp.md
# 8.1 and 8.4 with bytes, SRTP and a CTL of its own, and counts what no careful device would do.
# Then a CTL that names nobody, as certutils makes them: refused by name, taken with --any-ccm.
# shellcheck source-path=SCRIPTDIR disable=SC2154
. "$(dirname "$0")/lib.sh"
other=$BUILD/test/other_cm

# play PROFILE: its own folder, its own ports; the report is the file PROFILE.out
play() {
  local home=$dir/$1
  mkdir "$home"
  "$vmports" cert export "$home/root.pem" --state-dir "$home/state" >/dev/null 2>&1
  "$other" "$1" "$vmports" "$home" >"$dir/$1.out" 2>&1
  echo "$?" >"$dir/$1.code"
}

mapfile -t profiles < <("$other")
[ "${#profiles[@]}" -ge 13 ] || fail "profiles are missing"
for profile in "${profiles[@]}"; do
  play "$profile" &
  pids+=("$!")
done
wait
pids=()
for profile in "${profiles[@]}"; do
  if [ "$(cat "$dir/$profile.code")" = 0 ]; then ok "$(cat "$dir/$profile.out")"; else
    fail "$profile"
    cat "$dir/$profile.out"
    tail -n 60 "$dir/$profile/vmports.log"
  fi
done

# ---- certutils' list has neither DNSNAME nor IPADDRESS, and its certificate may name somebody else
says() { # PATTERN WORDS options: a run says so at last, and ends well
  local want=$1 words=$2; shift 2
  rm -rf "$dir/names"
  "$vmports" run -n 1 -t "127.0.0.1:$tftp" --state-dir "$dir/names" --control "$dir/v.sock" \
    --bind 127.0.0.1 "$@" >/dev/null 2>"$dir/run.log" &
  vm_pid=$!
  pids+=("$vm_pid")
  until_true 300 grep -q -e "$want" "$dir/run.log" && ok "$words" || { fail "$words"; cat "$dir/run.log"; }
  stop_vmports
  [ "$vm_code" = 0 ] || fail "exit $vm_code: run $*"
}
"$other" --serve cucm-17 >"$dir/serve.out" 2>&1 &
pids+=("$!")
until_true 100 grep -q '^tftp' "$dir/serve.out" || fail "no list is served"
tftp=$(awk '/^tftp/ {print $2}' "$dir/serve.out") tls=$(awk '/^tls/ {print $2}' "$dir/serve.out")
says 'CTL-35' "without --any-ccm: CTL-35" -s "127.0.0.1:$tls"
says 'CTL-35.*--server' "without --server: CTL-35 asks for it"
says 'all 1 ports are registered' "with --any-ccm: registered" -s "127.0.0.1:$tls" --any-ccm
