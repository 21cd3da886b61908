#!/usr/bin/env bash
# `vmports ctl fetch` against Debian's atftpd: sizes around a block and the limit, a missing file.
set -u
vmports=$BIN/vmports
[ -x "$vmports" ] || { echo "no $vmports"; exit 77; }
for tool in atftpd cmp; do command -v $tool >/dev/null || { echo "$tool is missing"; exit 77; }; done
work=$(mktemp -d) || exit 1
server=
cleanup() {
  [ -n "$server" ] && kill "$server" 2>/dev/null
  wait 2>/dev/null
  rm -rf "$work"
}
trap cleanup EXIT
mkdir "$work/root" "$work/state"
chmod 755 "$work" "$work/root"
export XDG_STATE_HOME=$work/state
bad=0
ok() { echo "ok: $1"; }
wrong() { echo "FAILED: $1"; sed 's/^/    /' "$work/out" "$work/err"; bad=1; }

# Runs as whoever we are, on a port that is free.
start() {
  for _ in $(seq 20); do
    port=$((20000 + RANDOM % 20000))
    atftpd --daemon --no-fork --port $port --bind-address 127.0.0.1 --user "$(id -un)" \
      --group "$(id -gn)" --logfile - "$@" "$work/root" >"$work/atftpd" 2>&1 &
    server=$!
    sleep 0.3
    kill -0 $server 2>/dev/null && return 0
    wait $server
  done
  echo "atftpd does not start"; cat "$work/atftpd"
  exit 1
}
stop() { kill "$server"; wait "$server" 2>/dev/null; server=; }
fetch() { timeout 60 "$vmports" ctl fetch -t 127.0.0.1:$port "$@" >"$work/out" 2>"$work/err"; }
served=$work/root/CTLFile.tlv

for options in "" "--no-tsize --no-blksize --no-timeout"; do
  start $options
  for size in 0 1 511 512 513 2637 65536; do
    head -c $size /dev/urandom >"$served"
    chmod 644 "$served"
    rm -f "$work/got"
    fetch -o "$work/got" # refused as a list, but written
    if cmp -s "$served" "$work/got"; then ok "$size bytes [$options]"; else wrong "$size bytes [$options]"; fi
  done
  head -c 1500000 /dev/zero >"$served"
  rm -f "$work/got"
  fetch -o "$work/got"
  if [ $? = 1 ] && grep -q 'TFTP-09 .*more than 1048576 bytes' "$work/err" && [ ! -e "$work/got" ]; then
    ok "1.5 MB are refused [$options]"
  else
    wrong "1.5 MB [$options]"
  fi
  rm -f "$served"
  fetch
  if [ $? = 1 ] && grep -q 'TFTP-01 .*CTLFile.tlv not found (res=68)' "$work/err"; then
    ok "a missing file [$options]"
  else
    wrong "a missing file [$options]"
  fi
  grep -v '^#' "$SRC/test/data/ctl_appendix_a.hex" | xxd -r -p >"$served"
  fetch --state-dir "$work/held"
  if [ $? = 0 ] && cmp -s "$served" "$work/held/CTLFile.tlv"; then ok "a list is held"; else wrong "held"; fi
  stop
done
exit $bad
