#!/usr/bin/env bash
# Who may include whom. Names the line that strays.
#   base   <- sccp, tls, ctl, media      each of the four: base and itself only
#   ports  <- tools/vmports              ports: all four rooms
#   labcm  <- its own main.c, test/e2e   labcm: all four rooms, never ports
# And sockets, threads, clocks and loops stay in files marked EDGE in their header's first lines.
set -u
cd "${SRC:-$(dirname "$0")/..}" || exit 2
bad=0
stray() { echo "layers: $1: $2"; bad=1; }

allow() { # folder, then a regex of the quoted includes it may have
  local dir=$1 ok=$2 hit
  while IFS= read -r hit; do
    [ -n "$hit" ] && stray "$dir may not include this" "$hit"
  done < <(find "$dir" -name '*.[ch]' -exec grep -HnE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' {} + | grep -vE "\"$ok")
}
allow sccp/base 'base/'
allow sccp '(base|sccp)/'
allow tls '(base|tls)/'
allow ctl '(base|ctl)/'
allow media '(base|media)/'
allow ports '(base|sccp|tls|ctl|media|ports)/'
allow tools/labcm '(base|sccp|tls|ctl|media|tools/labcm|tools/shared)/'
allow tools/vmports '(base|sccp|tls|ctl|media|ports|tools/vmports|tools/shared)/'
[ -d tools/shared ] && allow tools/shared '(base|tools/shared)/'

is_edge() { # x.c is EDGE when it says so itself or x.h does
  local f=$1 h=${1%.c}.h
  head -n 3 "$f" | grep -q EDGE || { [ -f "$h" ] && head -n 3 "$h" | grep -q EDGE; }
}
edge='<(pthread|poll|uv|sys/socket|sys/epoll|time|netdb)\.h>|"base/(clock|queue|sock|log|keylog)\.h"'
while IFS= read -r f; do
  is_edge "$f" && continue
  while IFS= read -r hit; do
    [ -n "$hit" ] && stray "only an EDGE file may include this" "$f:$hit"
  done < <(grep -nE "^[[:space:]]*#[[:space:]]*include[[:space:]]*($edge)" "$f")
done < <(find sccp tls ctl media ports -name '*.[ch]')
[ $bad = 0 ] && echo "layers: ok"
exit $bad
