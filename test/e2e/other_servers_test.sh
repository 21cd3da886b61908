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
said() { # LOG PATTERN WORDS
  if grep -q -e "$2" "$dir/$1.log"; then ok "$3"; else fail "$3"; fi
}
run_once() { # EXIT LOG options
  local want=$1 log=$dir/$2.log got; shift 2
  rm -rf "$dir/names"
  "$vmports" run -n 1 -t "127.0.0.1:$tftp" --state-dir "$dir/names" --control "$dir/v.sock" \
    --bind 127.0.0.1 --until registered --timeout 8 "$@" >"$dir/out" 2>"$log"; got=$?
  [ "$got" = "$want" ] || fail "exit $got, wanted $want: run $*"
}
"$other" --serve cucm-17 >"$dir/serve.out" 2>&1 &
pids+=("$!")
until_true 100 grep -q '^tftp' "$dir/serve.out" || fail "no list is served"
tftp=$(awk '/^tftp/ {print $2}' "$dir/serve.out") tls=$(awk '/^tls/ {print $2}' "$dir/serve.out")
run_once 1 unlisted -s "127.0.0.1:$tls"
said unlisted 'CTL-35' "without --any-ccm: CTL-35"
run_once 1 nobody
said nobody 'CTL-35.*--server' "without --server: CTL-35 asks for it"
run_once 0 any -s "127.0.0.1:$tls" --any-ccm
said any 'all 1 ports are registered' "with --any-ccm: registered"
