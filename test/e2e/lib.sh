# shellcheck shell=bash disable=SC2034 # what the scripts that source it use
# Sourced by the proof scripts: temp directory, labcm and vmports with free ports, waiting, the end.
# Every process is ended by its pid; nothing outside $dir is touched.
set -u
: "${BIN:?where the programs are}" "${SRC:?where the sources are}"
vmports=$BIN/vmports labcm=$BIN/labcm
greeting=$SRC/media/sounds/opening_greeting.wav
dir=$(mktemp -d /tmp/vmports-e2e.XXXXXX) || exit 1
pids=() bad=0
unset XDG_STATE_HOME XDG_RUNTIME_DIR SSLKEYLOGFILE
umask 022 # as root, a run goes on as a user that must reach what the test has made

fail() { echo "FAILED: $*"; bad=1; }
ok() { echo "ok: $*"; }
need() { # tools; a missing one skips the test
  local tool
  for tool in "$@"; do
    command -v "$tool" >/dev/null || { echo "skipped: $tool is missing"; exit 77; }
  done
}
show() { # what the programs said, when something failed
  local log
  for log in "$dir"/*.log; do
    [ -s "$log" ] || continue
    echo "--- ${log##*/}"
    grep -m 2 -A 60 -E 'Sanitizer|runtime error' "$log"
    tail -n 40 "$log"
  done
}
finish() {
  local code=$? pid i
  [ "$bad" = 0 ] && [ "$code" = 0 ] || show
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null; done
  for pid in "${pids[@]}"; do
    for i in $(seq 50); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
    kill -9 "$pid" 2>/dev/null
  done
  wait 2>/dev/null
  rm -rf "$dir"
  [ "$bad" = 0 ] || code=1
  trap - EXIT
  exit "$code"
}
trap finish EXIT
trap 'exit 1' INT TERM

# until_true TENTHS COMMAND...: true as soon as the command is. What is quick here takes its time under a
# sanitizer beside other tests: nobody waits for less than 30 s before a thing counts as not done.
patience=300
until_true() {
  local left=$1; shift
  [ "$left" -ge "$patience" ] || left=$patience
  tries "$left" "$@"
}
# tries N COMMAND...: at most so often, for what may fail on its way there.
tries() {
  local left=$1; shift
  while ! "$@" >/dev/null 2>&1; do
    [ $((left -= 1)) -gt 0 ] || return 1
    sleep 0.1
  done
}
# settled FILE: has been written to its end, as far as a second without growth tells.
settled() {
  local size=-1 i
  for i in $(seq 30); do
    [ "$(stat -c %s "$1")" = "$size" ] && return 0
    size=$(stat -c %s "$1")
    sleep 1
  done
  return 1
}
# expect CODE COMMAND...: output in $dir/out and $dir/err.
expect() {
  local want=$1 got; shift
  "$@" >"$dir/out" 2>"$dir/err"; got=$?
  [ "$got" = "$want" ] && return 0
  fail "exit $got, wanted $want: $*"
  cat "$dir/out" "$dir/err"
  return 1
}
holds() { # holds FILTER FILE WORDS...: a jq filter is true
  local filter=$1 file=$2; shift 2
  # Slurped, because jq is content with no input at all.
  if jq -e -s "length > 0 and ([.[] | ($filter)] | last)" "$file" >/dev/null 2>&1; then ok "$*"; else
    fail "$*: $filter"
    head -c 1500 "$file"
  fi
}

# Tests that run beside each other must not fight for media ports: each locks a block of 200, below
# the ranges of which other tests take long rows (10000 and up).
take_rtp_block() {
  local i n
  for ((i = 0; i < 30; i++)); do
    n=$((($$ + i) % 30))
    exec {rtp_lock}>"/tmp/vmports-e2e-$(id -u)-$n.lock" || continue
    flock -n "$rtp_lock" && break
    exec {rtp_lock}>&-
  done
  rtp_base=$((4000 + n * 200))
}
take_rtp_block

start_labcm() { # [options]: sets lab_tftp, lab_tls
  local root=$dir/root
  rm -f "$dir/ready.json" # of the one before: its ports are gone
  [ -s "$root.pem" ] || "$vmports" cert export "$root.pem" --state-dir "$dir/vmports" \
    >/dev/null 2>"$dir/export.log" || { fail "cert export"; exit 1; }
  "$labcm" run -n 8 --trust "$root.pem" --tftp-port 0 --tls-port 0 --state-dir "$dir/labcm" \
    --control "$dir/l.sock" --ready-file "$dir/ready.json" --keylog "$dir/lab.keys" \
    --rtp-ports $((rtp_base + 100))-$((rtp_base + 199)) "$@" >"$dir/labcm.log" 2>&1 &
  lab_pid=$!
  pids+=("$lab_pid")
  until_true 200 test -s "$dir/ready.json" || { fail "labcm is not ready"; exit 1; }
  lab_tftp=$(jq .tftp "$dir/ready.json") lab_tls=$(jq .tls "$dir/ready.json")
}
start_vmports() { # [options]
  "$vmports" run -n 8 -t "127.0.0.1:$lab_tftp" -s "127.0.0.1:$lab_tls" --state-dir "$dir/vmports" \
    --control "$dir/v.sock" --rtp-ports "$rtp_base-$((rtp_base + 99))" --json "$@" \
    >"$dir/summary.json" 2>"$dir/vmports.log" &
  vm_pid=$!
  pids+=("$vm_pid")
}
registered() { # N: so many ports are, as vmports says
  [ "$("$vmports" status --json --control "$dir/v.sock" 2>/dev/null |
    jq '[.ports[] | select(.registered)] | length')" = "$1" ]
}
wait_registered() {
  until_true 300 registered "$1" || { fail "$1 ports are not registered after 30 s"; exit 1; }
}
stop_vmports() { # sets vm_code
  expect 0 "$vmports" stop --control "$dir/v.sock"
  wait "$vm_pid"; vm_code=$?
}
lab() { "$labcm" "$@" --control "$dir/l.sock"; }
vm() { "$vmports" "$@" --control "$dir/v.sock"; }
# A network of our own, so that a capture sees this test alone and needs no root. Where the system
# forbids it, root goes on in the shared one.
own_network() { # the script's arguments
  local flags=(-n)
  [ "${IN_NAMESPACE:-}" = 1 ] && return 0
  # As ourselves with capabilities, not as root: tcpdump would want to change its user.
  [ "$(id -u)" = 0 ] || flags=(-n -U --map-current-user --keep-caps)
  if unshare "${flags[@]}" true 2>/dev/null; then
    rm -rf "$dir"
    trap - EXIT
    IN_NAMESPACE=1 exec unshare "${flags[@]}" bash -c 'ip link set lo up && exec "$@"' - "$0" "$@"
  fi
  [ "$(id -u)" = 0 ] || { echo "skipped: neither root nor unprivileged namespaces"; exit 77; }
}
