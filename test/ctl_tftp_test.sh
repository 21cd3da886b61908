#!/usr/bin/env bash
# `vmports ctl fetch` against Debian's atftpd: sizes around a block and the limit, a missing file.
# shellcheck source=place_lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/place_lib.sh"
vmports=$BIN/vmports
[ -x "$vmports" ] || { echo "no $vmports"; exit 77; }
need atftpd cmp xxd openssl
mkdir "$work/root" "$work/state"
chmod 755 "$work" "$work/root"
export XDG_STATE_HOME=$work/state

bound() { grep -qi ":$(printf %04X "$1") " /proc/net/udp; }
serves() { # PID PORT: it is there before it has ended
  for _ in $(seq 300); do
    bound "$2" && return 0
    kill -0 "$1" 2>/dev/null || return 1
    sleep 0.1
  done
  return 1
}
# start FOLDER OPTIONS...: runs as whoever we are, on a port that is free; sets $port.
start() {
  local folder=$1; shift
  for _ in $(seq 20); do
    port=$((20000 + RANDOM % 12000)) # below those that the kernel gives away
    bound "$port" && continue
    atftpd --daemon --no-fork --port $port --bind-address 127.0.0.1 --user "$(id -un)" \
      --group "$(id -gn)" --logfile - "$@" "$folder" >"$work/atftpd" 2>&1 &
    pids+=($!)
    serves $! "$port" && return 0
    unset 'pids[-1]'
  done
  echo "atftpd does not start"; cat "$work/atftpd"
  exit 1
}
stop() { kill "${pids[@]}"; wait "${pids[@]}" 2>/dev/null; pids=(); }
# says CODE WHAT REGEX: of the last fetch, on stdout or stderr
says() {
  if [ $code = "$1" ] && cat "$work/out" "$work/err" | grep -qE -- "$3"; then ok "$2"; else wrong "$2: exit $code" "$work/out" "$work/err"; fi
}
fetch_from() {
  local from=$1; shift
  timeout 60 "$vmports" ctl fetch -t "$from" "$@" >"$work/out" 2>"$work/err"
  code=$?
  return $code
}
fetch() { fetch_from 127.0.0.1:$port "$@"; }
served=$work/root/CTLFile.tlv

sizes="0 1 511 512 513 2637 65536"
for options in "" "--no-tsize --no-blksize --no-timeout"; do
  start "$work/root" $options
  for size in $sizes; do
    head -c $size /dev/urandom >"$served"
    chmod 644 "$served"
    rm -f "$work/got"
    fetch -o "$work/got" # refused as a list, but written
    if cmp -s "$served" "$work/got"; then ok "$size bytes [$options]"; else wrong "$size bytes [$options]" "$work/out" "$work/err"; fi
  done
  head -c 1500000 /dev/zero >"$served"
  rm -f "$work/got"
  fetch -o "$work/got"
  if [ $? = 1 ] && grep -q 'TFTP-09 .*more than 1048576 bytes' "$work/err" && [ ! -e "$work/got" ]; then
    ok "1.5 MB are refused [$options]"
  else
    wrong "1.5 MB [$options]" "$work/out" "$work/err"
  fi
  rm -f "$served"
  fetch
  if [ $? = 1 ] && grep -q 'TFTP-01 .*CTLFile.tlv not found (res=68)' "$work/err"; then
    ok "a missing file [$options]"
  else
    wrong "a missing file [$options]" "$work/out" "$work/err"
  fi
  grep -v '^#' "$SRC/test/data/ctl_appendix_a.hex" | xxd -r -p >"$served"
  fetch --state-dir "$work/held"
  if [ $? = 0 ] && cmp -s "$served" "$work/held/CTLFile.tlv"; then ok "a list is held"; else wrong "held" "$work/out" "$work/err"; fi
  stop
  sizes="0 512 65536" # the others would wait 6 s each: atftpd answers what it is forbidden with an empty OACK
done

# --- what becomes of the held list
make=$BUILD/test/ctl_make data=$SRC/test/data
key=$data/ctl_appendix_a.key.pem cert=$data/ctl_appendix_a.cert.pem
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/k.pem" -out "$work/c.pem" -days 30 \
  -subj /CN=stranger 2>/dev/null
mkdir "$work/other"
chmod 755 "$work/other"
"$make" "$work/new" "$key" "$cert" 3 1768435300 "0:cucm1:192.0.2.10:$cert" "2:cucm1:192.0.2.10:$cert"
"$make" "$work/foreign" "$work/k.pem" "$work/c.pem" 1 1768435400 0:cucm1:192.0.2.10:"$work/c.pem" \
  2:cucm1:192.0.2.10:"$work/c.pem"
start "$work/root"; one=127.0.0.1:$port
start "$work/other"; two=127.0.0.1:$port
give() { cp "$1" "$2/CTLFile.tlv"; chmod 644 "$2/CTLFile.tlv"; }
held=$work/held/CTLFile.tlv
cp "$held" "$work/first"

give "$work/foreign" "$work/root"
fetch_from $one --state-dir "$work/held"
says 1 "a stranger's list is refused" "CTL-32 CTLFile.tlv from $one: new CTL refused: signer CN=stranger"
says 1 "and the held one named" 'CTL-37 .*held one of 2026-01-15 00:00:00 UTC \(MD5 cea1389df4f9e5b8c9025188a69dcb9c\)'
cmp -s "$held" "$work/first" && ok "the held list stays" || wrong "the held list was replaced" "$work/out" "$work/err"
fetch_from $one --state-dir "$work/held" -o "$work/look"
says 1 "with -o it is written to be looked at" '^refused: CTL-32 '
cmp -s "$work/look" "$work/foreign" && cmp -s "$held" "$work/first" && ok "and not held" || wrong "with -o" "$work/out" "$work/err"

give "$work/new" "$work/other"
fetch_from $one,$two --state-dir "$work/held"
says 0 "the next server's list is taken" '^accepted$'
cmp -s "$held" "$work/new" && cmp -s "$held.bak" "$work/first" && ok "and held, the old one beside it" || wrong "held" "$work/out" "$work/err"
says 0 "the first server's refusal is told" "CTL-32 CTLFile.tlv from $one"
says 0 "that the servers differ is told" "warning: CTL-38 TFTP servers $two and $one deliver different CTLs"
give "$work/new" "$work/root"
fetch_from $one,$two --state-dir "$work/held"
says 0 "the same list again" '^accepted$'
grep -q CTL-38 "$work/err" && wrong "they do not differ" "$work/out" "$work/err" || ok "and no complaint"
cmp -s "$held.bak" "$work/first" && ok "the backup is still the other one" || wrong "backup" "$work/out" "$work/err"
rm "$work/root/CTLFile.tlv" "$work/other/CTLFile.tlv"
fetch_from $one,$two --state-dir "$work/held"
says 1 "no server has a list" "TFTP-10 no CTL from any TFTP server \\($one TFTP-01, $two TFTP-01\\)"

# --- an interrupt while nobody answers
kill -STOP "${pids[@]}"
"$vmports" ctl fetch -t $one --state-dir "$work/held" >"$work/out" 2>"$work/err" &
waiting=$!
# SIGINT is bit 1 of the signals that a process has a handler for.
for _ in $(seq 300); do
  [ $((0x$(awk '/^SigCgt/ { print $2 }' /proc/$waiting/status) & 2)) != 0 ] && break
  sleep 0.1
done
kill -INT $waiting
wait $waiting
code=$?
kill -CONT "${pids[@]}"
says 1 "an interrupt ends it" 'stopped'
stop
exit $bad
