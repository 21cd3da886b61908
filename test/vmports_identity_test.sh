#!/usr/bin/env bash
# What a run says of its certificates: a root near its end (PKI-01), port certificates of another root
# (PKI-03), and in `status` why a port has none. Nobody is there to register with.
# shellcheck source=e2e/lib.sh
. "$(dirname "$0")/e2e/lib.sh"
need jq openssl
state=$dir/vmports

run() { # starts it and waits until what $1 looks for is so
  "$vmports" run -n 3 -t 127.0.0.1:9 --ctl-refresh never --state-dir "$state" --control "$dir/v.sock" \
    --rtp-ports "$rtp_base-$((rtp_base + 9))" >"$dir/vmports.out" 2>"$dir/vmports.log" &
  vm_pid=$!
  pids+=("$vm_pid")
  until_true 200 "$1" || fail "$1: not so"
}
logged() { grep -c "$1" "$dir/vmports.log"; }
certified() { [ "$(find "$state/ports" -name '*.pem' -type f | wc -l)" = 3 ] && vm status; }

# ---- a root that ends in a month: the same key and subject, signed anew
expect 0 "$vmports" cert export "$dir/first.pem" --state-dir "$state"
openssl pkey -in "$state/root.key" -out "$dir/key.pem" 2>/dev/null
openssl x509 -in "$dir/first.pem" -signkey "$dir/key.pem" -days 30 -out "$dir/month.pem" 2>/dev/null
cat "$dir/key.pem" "$dir/month.pem" >"$state/root.key"
rm "$state/root.pem"
run certified
[ "$(logged 'PKI-01 .*ends in \(29\|30\) days')" = 1 ] && ok "a root near its end is told of" ||
  fail "PKI-01"
stop_vmports
expect 0 "$vmports" cert show --state-dir "$state"
grep -q PKI-01 "$dir/out" "$dir/err" && ok "and shown" || fail "cert show: no PKI-01"

# ---- another root: the ports' certificates are issued again, and that is told once
expect 0 "$vmports" cert renew --state-dir "$state"
replaced() { [ "$(logged PKI-03)" -ge 1 ] && certified; }
run replaced
[ "$(logged 'PKI-03 .*CiscoUM1-VI1 ')" = 1 ] && [ "$(logged PKI-03)" = 1 ] &&
  ok "certificates of another root are told of, once" || fail "PKI-03: $(logged PKI-03) times"
[ "$(logged PKI-01)" = 0 ] && ok "the new root is young" || fail "PKI-01 of a new root"
stop_vmports

# ---- a port whose certificate cannot be written says so itself
rm "$state/ports/CiscoUM1-VI2.pem"
mkdir "$state/ports/CiscoUM1-VI2.pem"
explained() {
  vm status --json | jq -e '.ports[1] | (.registered | not) and
    (.last_error | contains("CiscoUM1-VI2.pem"))'
}
run explained
vm status --json >"$dir/status.json"
holds '.ports[0].last_error_id == "CTL-31"' "$dir/status.json" \
  "the others have the list's reason"
vm status | grep -q 'CiscoUM1-VI2.*CiscoUM1-VI2.pem' && ok "the table says it, too" ||
  { fail "the table"; vm status; }
stop_vmports
