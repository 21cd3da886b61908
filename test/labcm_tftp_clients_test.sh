#!/usr/bin/env bash
# labcm's TFTP server against the clients of others: curl, tftp-hpa and atftp, at every size at which
# a block count changes, over IPv4 and IPv6; and what it must refuse.
set -u
for tool in curl tftp atftp; do
  command -v "$tool" >/dev/null || { echo "skipped: $tool is not installed"; exit 77; }
done
tmp=$(mktemp -d) || exit 2
pids=()
cleanup() { for p in "${pids[@]}"; do kill "$p" 2>/dev/null; wait "$p" 2>/dev/null; done; rm -rf "$tmp"; }
trap cleanup EXIT
fail() { echo "not so: $*"; cat "$tmp"/serve*.log; exit 1; }

mkdir "$tmp/served" "$tmp/got"
for size in 0 511 512 513 65536 1500000; do head -c "$size" /dev/urandom >"$tmp/served/f$size"; done
echo secret >"$tmp/secret"

serve() { # address, log: sets $port
  "$BIN/labcm" tftp "$tmp/served" --bind "$1" --port 0 2>"$2" &
  pids+=($!)
  for _ in $(seq 600); do
    port=$(sed -n 's/^labcm: ready: tftp .*:\([0-9]*\)$/\1/p' "$2")
    [ -n "$port" ] && return 0
    sleep 0.05
  done
  return 1
}

serve 127.0.0.1 "$tmp/serve4.log" || fail "the server did not start"
for size in 0 511 512 513 65536 1500000; do
  f=f$size
  curl -s -m 60 -o "$tmp/got/curl$size" "tftp://127.0.0.1:$port/$f" || fail "curl, $size bytes: exit $?"
  cmp "$tmp/served/$f" "$tmp/got/curl$size" || fail "curl, $size bytes"
  curl -s -m 60 --tftp-no-options -o "$tmp/got/plain$size" "tftp://127.0.0.1:$port/$f" || fail "curl without options, $size bytes"
  cmp "$tmp/served/$f" "$tmp/got/plain$size" || fail "curl without options, $size bytes"
  curl -s -m 60 --tftp-blksize 1468 -o "$tmp/got/large$size" "tftp://127.0.0.1:$port/$f" || fail "curl, blksize 1468, $size bytes"
  cmp "$tmp/served/$f" "$tmp/got/large$size" || fail "curl, blksize 1468, $size bytes"
  tftp -m binary 127.0.0.1 "$port" -c get "$f" "$tmp/got/hpa$size" || fail "tftp-hpa, $size bytes"
  cmp "$tmp/served/$f" "$tmp/got/hpa$size" || fail "tftp-hpa, $size bytes"
  atftp --option "blksize 1024" --option "tsize enable" -g -r "$f" -l "$tmp/got/atftp$size" 127.0.0.1 "$port" >/dev/null 2>&1 \
    || fail "atftp, $size bytes"
  cmp "$tmp/served/$f" "$tmp/got/atftp$size" || fail "atftp, $size bytes"
done
echo "ok: each size by each client"

curl -s -m 60 -o /dev/null "tftp://127.0.0.1:$port/nosuch"; rc=$?
[ $rc = 68 ] || fail "an unknown file gives curl's exit $rc, 68 is wanted"
curl -s -m 60 --path-as-is -o "$tmp/got/up" "tftp://127.0.0.1:$port/../secret"; rc=$?
[ $rc = 69 ] || fail "a way up gives curl's exit $rc, 69 is wanted"
curl -s -m 60 --path-as-is -o "$tmp/got/up" "tftp://127.0.0.1:$port//etc/passwd"; rc=$?
[ $rc = 69 ] || fail "an absolute path gives curl's exit $rc, 69 is wanted"
curl -s -m 60 -o "$tmp/got/up" "tftp://127.0.0.1:$port/$(printf 'x%.0s' $(seq 256))"; rc=$?
[ $rc = 69 ] || fail "a long name gives curl's exit $rc, 69 is wanted"
[ ! -s "$tmp/got/up" ] || fail "something came from outside the folder"
curl -s -m 60 -T "$tmp/secret" "tftp://127.0.0.1:$port/new"; rc=$?
[ $rc = 69 ] || fail "a write request gives curl's exit $rc, 69 is wanted"
[ ! -e "$tmp/served/new" ] || fail "a write request wrote"
echo "ok: unknown files, ways out and writing are refused"

# Twenty at once, each to its own end.
for i in $(seq 20); do
  curl -s -m 60 -o "$tmp/got/many$i" "tftp://127.0.0.1:$port/f65536" & many[i]=$!
done
for i in $(seq 20); do
  wait "${many[i]}" || fail "transfer $i of twenty"
  cmp "$tmp/served/f65536" "$tmp/got/many$i" || fail "transfer $i of twenty"
done
echo "ok: twenty at once"

if serve ::1 "$tmp/serve6.log"; then
  curl -s -m 60 -g -o "$tmp/got/six" "tftp://[::1]:$port/f1500000" || fail "IPv6"
  cmp "$tmp/served/f1500000" "$tmp/got/six" || fail "IPv6"
  echo "ok: IPv6"
elif [ -e /proc/net/if_inet6 ] && grep -q ' lo$' /proc/net/if_inet6; then
  fail "IPv6 does not start"
fi
