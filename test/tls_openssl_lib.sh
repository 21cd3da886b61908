# shellcheck shell=bash disable=SC2034
# Sourced by the tests against openssl's own tools: a folder, free ports, one connection with each side's words.
# shellcheck source=place_lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/place_lib.sh"
peer=$BUILD/test/tls_peer
need openssl
trap '' PIPE # s_server may be gone when it is fed
cd "$work" || exit 1
# wait_line FILE REGEX: at most 30 seconds.
wait_line() {
  for _ in $(seq 600); do grep -qE "$2" "$1" 2>/dev/null && return 0; sleep 0.05; done
  return 1
}
# says WHAT REGEX FILE
says() { if grep -qE "$2" "$3"; then ok "$1"; else wrong "$1 (wanted: $2)" "$3"; fi; }

# ---- our client, their server: serve NAME s_server-options...
serve() {
  local out=$1; shift
  # A line to say comes by a fifo that stays open, so that s_server does not see the end of input.
  mkfifo "$out.in"
  openssl s_server -accept 127.0.0.1:0 -naccept 1 -quiet "$@" <"$out.in" >"$out" 2>"$out.err" &
  pids+=($!)
  last=$!
  exec {feed}>"$out.in"
  port=
  for _ in $(seq 600); do
    # -quiet hides "ACCEPT": the kernel knows the port.
    port=$(find_port "$last") && [ -n "$port" ] && break
    kill -0 "$last" 2>/dev/null || break
    sleep 0.05
  done
  [ -n "$port" ] || { wrong "s_server did not start" "$out.err"; return 1; }
}
# The port a process listens at, from /proc (no ss, no netstat needed).
find_port() {
  local inode hex
  for inode in $(find "/proc/$1/fd" -lname 'socket:*' -printf '%l\n' 2>/dev/null | tr -dc '0-9\n'); do
    hex=$(awk -v i="$inode" '$4 == "0A" && $10 == i { sub(/.*:/, "", $2); print $2 }' /proc/net/tcp)
    [ -n "$hex" ] && { echo $((16#$hex)); return; }
  done
}
# client NAME WANT -- s_server-options -- tls_peer words after the address
client() {
  local name=$1 want=$2; shift 3
  local server=()
  while [ "$1" != -- ]; do server+=("$1"); shift; done
  shift
  n=$((${n:-0} + 1))
  serve "server$n" "${server[@]}" || return
  "$peer" connect "127.0.0.1:$port" "$@" >"client$n" 2>&1 &
  local us=$!
  pids+=("$us")
  wait_line "client$n" '^(up|down|error) '
  if grep -q '^up ' "client$n"; then { echo "a line of s_server" >&"$feed"; } 2>/dev/null; fi
  wait "$us"
  exec {feed}>&-
  kill "$last" 2>/dev/null
  wait "$last" 2>/dev/null
  says "$name" "$want" "client$n"
}
# ---- our server, their client
# server NAME OUR-WANT THEIR-WANT -- words of tls_peer -- s_client-options
server() {
  local name=$1 our_want=$2 their_want=$3; shift 4
  local words=()
  while [ "$1" != -- ]; do words+=("$1"); shift; done
  shift
  n=$((n + 1))
  "$peer" listen 127.0.0.1 "${words[@]}" >"server$n" 2>&1 &
  local us=$!
  pids+=("$us")
  wait_line "server$n" '^listening ' || { wrong "$name: no listener" "server$n"; return; }
  local where
  where=$(sed -n 's/^listening //p' "server$n")
  { wait_line "server$n" '^(up|down) ' && echo "a line of s_client" 2>/dev/null; wait_line "client$n" 'tls_peer|alert|:error:'; } |
    timeout 60 openssl s_client -connect "$where" -ign_eof "$@" >"client$n" 2>&1
  wait "$us"
  says "$name" "$our_want" "server$n"
  says "$name, seen by s_client" "$their_want" "client$n"
}
