#!/usr/bin/env bash
# vmports demo: every line holds, with evidence; it leaves nothing behind, also when it is stopped.
set -u
vmports=$BIN/vmports
[ -x "$vmports" ] && [ -x "$BIN/labcm" ] || { echo "no vmports or labcm in $BIN"; exit 77; }
command -v jq >/dev/null || { echo "jq is missing"; exit 77; }
dir=$(mktemp -d /tmp/vmdemo.XXXXXX)
demo=
# shellcheck disable=SC2317  # called by the trap
clean() {
  [ -n "$demo" ] && kill -KILL "$demo" 2>/dev/null
  rm -rf "$dir"
}
trap clean EXIT
export TMPDIR=$dir
failed=0
fault() { echo "not so: $*"; failed=1; }

# The kernel may permit neither a namespace nor live capture: then the demo says so, and fails rightly.
permitted() { unshare -Urn true 2>/dev/null || [ "$(id -u)" = 0 ]; }
permitted || { echo "neither root nor a user namespace: no live capture here"; exit 77; }

# ---- all of it
timeout 120 "$vmports" demo --json --capture "$dir/kept.pcap" >"$dir/report" 2>"$dir/said"
code=$?
[ $code = 0 ] || { fault "demo exits $code"; cat "$dir/report" "$dir/said"; }
jq -e '.ok and .ports == 8 and (.lines | length) >= 12 and all(.lines[]; .ok and (.evidence | length) > 0)' \
  "$dir/report" >/dev/null || fault "a line is not ok, or without evidence"
jq -e '[.lines[].name] | any(contains("8 ports registered")) and any(contains("heard the greeting"))
  and any(contains("switched on")) and any(contains("switched off")) and any(contains("SRTP"))' \
  "$dir/report" >/dev/null || fault "a claim is missing"
[ -s "$dir/kept.pcap" ] || fault "--capture kept no file"
find "$dir" -maxdepth 1 -name 'vmports-demo-*' | grep -q . && fault "a folder is left behind"

# ---- stopped in the middle
rm "$dir/report" # what the first one said must not pass for this one's
"$vmports" demo --ports 3 >"$dir/report" 2>"$dir/said" &
demo=$!
for _ in $(seq 600); do
  grep -qs 'call manager in mixed mode' "$dir/report" && break
  sleep 0.1
done
children=$(pgrep -P "$demo")
kill -TERM "$demo"
wait "$demo"
code=$?
demo=
[ $code = 1 ] || fault "a stopped demo exits $code"
grep -q 'stopped by signal 15' "$dir/report" || fault "it does not say that it was stopped"
for pid in $children; do
  kill -0 "$pid" 2>/dev/null && fault "child $pid lives on"
done
find "$dir" -maxdepth 1 -name 'vmports-demo-*' | grep -q . && fault "a folder is left behind"

[ $failed = 0 ] && echo "demo: ok"
exit $failed
