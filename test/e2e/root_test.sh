#!/usr/bin/env bash
# Started as root: the run goes on as another user, with nothing of root's left, in the sandbox; root's
# commands go on working with it. What cannot be handed over stays root's, without capabilities.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
need jq
[ "$(id -u)" = 0 ] || { echo "skipped: not root"; exit 77; }
id nobody >/dev/null 2>&1 || { echo "skipped: no user nobody"; exit 77; }

field() { sed -n "s/^$1:[[:space:]]*//p" "/proc/$vm_pid/status"; } # of the running vmports
first() { field "$1" | cut -f 1; }
owners() { find "$1" ! -user "$2" | head -n 3; } # what is not his

nobody=$(id -u nobody)
chmod 755 "$dir"
start_labcm
start_vmports -n 2 -v --user nobody
wait_registered 2
[ "$(first Uid)" = "$nobody" ] && ok "it runs as nobody" || fail "uid $(first Uid)"
[ "$(field CapEff)" = 0000000000000000 ] && [ "$(field CapPrm)" = 0000000000000000 ] &&
  ok "without capabilities" || fail "capabilities $(field CapEff)"
[ "$(field NoNewPrivs)" = 1 ] || fail "it may gain privileges"
grep -q 'no seccomp' "$dir/vmports.log" || [ "$(field Seccomp)" = 2 ] || fail "no filter of system calls"
[ -z "$(owners "$dir/vmports" nobody)" ] && ok "the state directory is his" ||
  fail "not nobody's: $(owners "$dir/vmports" nobody)"
expect 0 lab call 1001 8000 --expect "$greeting" --json
holds '.answered and .encrypted and .expect.equal' "$dir/out" "it answers a call"
expect 0 vm mwi on 1001 --wait
as_nobody=(setpriv --reuid nobody --clear-groups)
if "${as_nobody[@]}" test -x "$vmports" 2>/dev/null; then # the socket is root's, whoever the run is by now
  expect 1 "${as_nobody[@]}" "$vmports" status --control "$dir/v.sock"
  grep -q 'belongs to another user' "$dir/err" && ok "nobody else may ask" || fail "$(cat "$dir/err")"
fi
expect 0 vm reset
wait_registered 2

# Root's commands leave nothing behind that nobody cannot read.
expect 0 "$vmports" ctl accept "$dir/vmports/CTLFile.tlv" --state-dir "$dir/vmports"
expect 0 "$vmports" ctl forget --state-dir "$dir/vmports"
expect 0 vm reset
wait_registered 2
until_true 100 test -s "$dir/vmports/CTLFile.tlv" || fail "the list is not kept"
expect 0 "$vmports" cert renew --state-dir "$dir/vmports"
expect 0 "$vmports" cert export "$dir/new.pem" --state-dir "$dir/vmports"
expect 0 lab trust "$dir/new.pem" --now
expect 0 vm reset
wait_registered 2
[ -z "$(owners "$dir/vmports" nobody)" ] && ok "what root added is his too" ||
  fail "not nobody's: $(owners "$dir/vmports" nobody)"
stop_vmports
[ "$vm_code" = 0 ] || fail "the run ended with $vm_code"
expect 1 vm status

# The owner of the directory is the one that a run without --user becomes.
start_vmports -n 2
wait_registered 2
[ "$(first Uid)" = "$nobody" ] && ok "without --user: the directory's owner" || fail "uid $(first Uid)"
stop_vmports
[ "$vm_code" = 0 ] || fail "the run ended with $vm_code"

# A directory with things that are not ours is nobody's to take.
mkdir -m 755 "$dir/mine"
echo precious >"$dir/mine/notes.txt"
expect 1 "$vmports" run -n 1 -t "127.0.0.1:$lab_tftp" --state-dir "$dir/mine" --control "$dir/v.sock" --user nobody
grep -q 'notes.txt' "$dir/err" && ok "the reason: $(head -n 1 "$dir/err")" || fail "$(cat "$dir/err")"
[ "$(stat -c %U "$dir/mine/notes.txt" "$dir/mine" | sort -u)" = root ] || fail "notes.txt has another owner"

# Without --user that run stays uid 0, and has no capability.
rm -f "$dir/root.pem"
mkdir -m 700 "$dir/closed"
"$vmports" run -n 1 -t "127.0.0.1:$lab_tftp" -s "127.0.0.1:$lab_tls" --state-dir "$dir/closed/state" \
  --control "$dir/v.sock" --rtp-ports "$rtp_base-$((rtp_base + 99))" >/dev/null 2>"$dir/closed.log" &
vm_pid=$!
pids+=("$vm_pid")
until_true 200 grep -q 'stays uid 0' "$dir/closed.log" || fail "$(cat "$dir/closed.log")"
until_true 100 vm status || fail "no status"
[ "$(first Uid)" = 0 ] && [ "$(field CapEff)" = 0000000000000000 ] &&
  ok "a directory out of reach: uid 0 without capabilities" || fail "$(first Uid) $(field CapEff)"
stop_vmports

# Switched off on purpose.
start_vmports -n 2 --no-sandbox --user root
wait_registered 2
[ "$(field Seccomp)$(field NoNewPrivs)" = 00 ] && ok "--no-sandbox" || fail "a sandbox all the same"
grep -q -- '--no-sandbox: nothing is fenced off' "$dir/vmports.log" || fail "it is not said"
stop_vmports
expect 2 "$vmports" run -n 1 -t 127.0.0.1 --user no-such-user --state-dir "$dir/vmports" --control "$dir/w.sock"
exit "$bad"
