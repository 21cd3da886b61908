#!/usr/bin/env bash
# Name servers that say nothing hold up neither the stop of a run nor its control socket.
. "$(dirname "$0")/lib.sh"
need unshare ip mount
[ "$(id -u)" = 0 ] || { echo "skipped: only root has another /etc/resolv.conf for a test"; exit 77; }

# A wire with nobody at its end, and a name server there: its packets go, and none comes back.
silence='ip link set lo up && ip link add va type veth peer name vb &&
  ip addr add 192.0.2.1/24 dev va && ip link set va up && ip link set vb up &&
  ip neigh add 192.0.2.53 lladdr 02:00:00:00:00:01 dev va && mount --bind "$0" /etc/resolv.conf'
# A look-up lasts longer than anybody here waits.
printf '%s\n' 'nameserver 192.0.2.53' 'options timeout:30 attempts:5' >"$dir/resolv.conf"
if [ "${IN_SILENCE:-}" != 1 ]; then
  unshare -m -n sh -c "$silence" "$dir/resolv.conf" 2>/dev/null ||
    { echo "skipped: no network of our own here"; exit 77; }
  # shellcheck disable=SC2016
  IN_SILENCE=1 unshare -m -n sh -c "$silence"' && exec "$1"' "$dir/resolv.conf" "$0"
  exit $?
fi

tried() { # WORDS OPTIONS...: a run that waits for a name obeys its control socket, and SIGTERM
  local words=$1 pid; shift
  "$vmports" run -n 2 "$@" --state-dir "$dir/vmports" --control "$dir/v.sock" >/dev/null \
    2>"$dir/vmports.log" &
  pid=$!
  pids+=("$pid")
  until_true 100 vm status || fail "$words: no status"
  sleep 1
  kill "$pid"
  until_true 300 sh -c "! kill -0 $pid" || { fail "$words: still there 30 s after SIGTERM"; return; }
  wait "$pid" || fail "$words: ended with $?"
  ok "$words"
}
tried "a call manager's name" --security non-secure -s cucm.lab.test
tried "a TFTP server's name" -t tftp.lab.test
exit "$bad"
