#!/usr/bin/env bash
# vmports' command line: wrong use is refused with exit 2 and one clear line that says what was given
# and what is wanted; what was tried and failed is exit 1; help and version go to stdout with exit 0.
set -u
vmports=$BIN/vmports
[ -x "$vmports" ] || { echo "no $vmports"; exit 77; }
dir=$(mktemp -d)
trap 'chmod -R u+w "$dir" 2>/dev/null; rm -rf "$dir"' EXIT
export XDG_STATE_HOME=$dir/state XDG_RUNTIME_DIR=$dir/run NO_COLOR=1
mkdir -p "$dir/run"
failed=0
checked=0

fault() { echo "not so: $*"; sed 's/^/    /' "$dir/err"; failed=1; }

# expect CODE 'words on stderr' ARGS...: the words are a regular expression
expect() {
  local code=$1 words=$2 got
  shift 2
  checked=$((checked + 1))
  timeout 60 "$vmports" "$@" >"$dir/out" 2>"$dir/err" </dev/null
  got=$?
  [ $got = "$code" ] || fault "$* exits $got, wanted $code"
  grep -qE -- "$words" "$dir/err" || fault "$* does not say: $words"
  if [ "$code" = 2 ]; then
    [ -s "$dir/out" ] && fault "$*: wrong use wrote to stdout"
    [ "$(grep -vcE "^See |^ " "$dir/err")" -le 7 ] || fault "$*: too many words"
  fi
}

# shows 'words on stdout' ARGS...
shows() {
  local words=$1
  shift
  checked=$((checked + 1))
  timeout 60 "$vmports" "$@" >"$dir/out" 2>"$dir/err" </dev/null || fault "$* exits $?"
  grep -qE -- "$words" "$dir/out" || fault "$* does not show: $words"
  [ -s "$dir/err" ] && fault "$*: help wrote to stderr"
}

# ---- help and version
shows '^vmports [0-9]+\.[0-9]+' --version
shows 'Usage: vmports COMMAND' --help
shows 'Usage: vmports COMMAND' help
for c in run status mwi reset stop demo ctl cert verify; do
  shows "Usage: vmports $c" "$c" --help
  shows "Usage: vmports $c" help "$c"
done
# every option of the contract stands in the help
for o in -n --ports -t --tftp -s --server -p --prefix --first --security --legacy-tls --tls-max --mwi-on --mwi-off \
  -g --greeting --after-greeting --state-dir --control --bind --rtp-ports --protocol-version \
  --device-type --threads --media-threads --ctl-refresh --capture --keylog --log-format -v -q \
  --until --timeout --json --drain --max-handshakes; do
  shows "(^|[ ,])$o([ ,]|$)" run --help
done

# ---- no command, or none of ours
expect 2 'Usage: vmports COMMAND'
expect 2 'no command "rnu".*did you mean run' rnu
expect 2 'no command "xyzzy"' xyzzy
expect 2 'vmports run -n 8 -t 10.48.46.182' run

# ---- run: values out of their limits
t=(-t 127.0.0.1:1)
expect 2 '--ports 0: must be 1-20000' run -n 0 "${t[@]}"
expect 2 '--ports 20001: must be 1-20000' run -n 20001 "${t[@]}"
expect 2 '--ports "-1": not a number' run -n -1 "${t[@]}"
expect 2 '--ports "8x": not a number' run -n 8x "${t[@]}"
expect 2 '--ports "": not a number' run -n '' "${t[@]}"
expect 2 'how many ports' run "${t[@]}"
expect 2 'TFTP server: -t HOST' run -n 8
expect 2 'call manager.*-s HOST' run -n 8 --security non-secure
expect 2 'CiscoUnityPort-VI1 .*15 will do: a shorter --prefix$' run -n 1 "${t[@]}" -p CiscoUnityPort-VI
expect 2 'CiscoUM1-VI10000 .*15' run -n 9999 --first 2 "${t[@]}"
expect 2 '--prefix: the value is empty' run -n 1 "${t[@]}" -p ''
expect 2 'prefix "a b"' run -n 1 "${t[@]}" -p 'a b'
expect 2 '--first 0: must be 1-' run -n 1 "${t[@]}" --first 0
expect 2 '--security "safe": must be one of non-secure, authenticated, encrypted' run -n 1 "${t[@]}" --security safe
expect 2 '--after-greeting "bye"' run -n 1 "${t[@]}" --after-greeting bye
expect 2 '--ctl-refresh "daily"' run -n 1 "${t[@]}" --ctl-refresh daily
expect 2 '--protocol-version 23: must be 0-22' run -n 1 "${t[@]}" --protocol-version 23
expect 2 '--rtp-ports "16384": not a range' run -n 1 "${t[@]}" --rtp-ports 16384
expect 2 '--rtp-ports 20000-16384: the first number is the greater' run -n 1 "${t[@]}" --rtp-ports 20000-16384
expect 2 '--rtp-ports 80-90: must lie inside' run -n 1 "${t[@]}" --rtp-ports 80-90
expect 2 'RTP ports 16384-16399 hold 8 calls; 9 ports need as many: --rtp-ports 16384-16401$' run -n 9 "${t[@]}" --rtp-ports 16384-16399
expect 2 '10000 ports need as many: --rtp-ports 16384-36383$' run -n 10000 "${t[@]}" -p CUM-VI
expect 2 '9 ports need as many: --rtp-ports 65518-65535$' run -n 9 "${t[@]}" --rtp-ports 65530-65535
expect 2 '--bind "nowhere": not an IP address' run -n 1 "${t[@]}" --bind nowhere
expect 2 '--threads 0: must be 1-' run -n 1 "${t[@]}" --threads 0
expect 2 '--threads 2: more than the 1 ports' run -n 1 "${t[@]}" --threads 2
expect 2 '--mwi-on "12a"' run -n 1 "${t[@]}" --mwi-on 12a
expect 2 'both 999990' run -n 1 "${t[@]}" --mwi-on 999990
expect 2 '--tftp.*not a port' run -n 1 -t 127.0.0.1:99999
expect 2 '--tftp.*stands there twice' run -n 1 -t 127.0.0.1,127.0.0.1
expect 2 '--server.*not a host' run -n 1 "${t[@]}" -s 'a b'
expect 2 '--until "later": must be registered, calls=N or idle' run -n 1 "${t[@]}" --until later
expect 2 '--until calls= 0: must be 1-' run -n 1 "${t[@]}" --until calls=0
expect 2 '--timeout goes with --until' run -n 1 "${t[@]}" --timeout 3
expect 2 '--ctl-first pin and --ctl-pin' run -n 1 "${t[@]}" --ctl-first pin
expect 2 '--ctl-pin: 4 characters, wanted are 64' run -n 1 "${t[@]}" --ctl-first pin --ctl-pin beef
expect 2 '--legacy-tls does not go with' run -n 1 -s 127.0.0.1 --security non-secure --legacy-tls
expect 2 'legacy TLS ends with TLS 1.2' run -n 1 "${t[@]}" --legacy-tls --tls-max 1.3
expect 2 'NULL-SHA' run -n 1 "${t[@]}" --security authenticated --tls-max 1.3
expect 2 '-v and -q' run -n 1 "${t[@]}" -v -q
expect 2 'unknown option --prots; did you mean --ports' run --prots 8
expect 2 'unknown option -Z' run -Z
expect 2 '-n needs a value' run -n
expect 2 '--tftp needs a value' run -n 1 --tftp
expect 2 '"extra" is one word too many' run -n 1 "${t[@]}" extra

# ---- run: what this machine cannot do
expect 1 'greeting.*no-such.wav' run -n 1 "${t[@]}" -g "$dir/no-such.wav"
: >"$dir/empty.wav"
expect 1 'greeting.*empty.wav' run -n 1 "${t[@]}" -g "$dir/empty.wav"
head -c 4096 /dev/urandom >"$dir/noise.wav"
expect 1 'greeting.*noise.wav' run -n 1 "${t[@]}" -g "$dir/noise.wav"
expect 1 'greeting' run -n 1 "${t[@]}" -g "$dir"
: >"$dir/file"
expect 1 'state-dir.*file.*not a directory' run -n 1 "${t[@]}" --state-dir "$dir/file"
expect 1 'state-dir.*file is not a directory' run -n 1 "${t[@]}" --state-dir "$dir/file/below"
expect 1 'state-dir: directory /proc/' run -n 1 "${t[@]}" --state-dir /proc/vmports
expect 1 'control socket.*not a socket' run -n 1 "${t[@]}" --control "$dir/file"
[ -f "$dir/file" ] || fault "a file that stood in the control socket's place is gone"
expect 1 'control socket.*nowhere' run -n 1 "${t[@]}" --control "$dir/nowhere/x.sock"
expect 2 'at most 107' run -n 1 "${t[@]}" --control "$dir/$(printf 'x%.0s' $(seq 120))"
touch "$dir/wide.log" && chmod 644 "$dir/wide.log"
own=(--control "$dir/v.sock") # what root is given by default may be in use: others test here too
expect 1 'wide.log' run -n 1 "${t[@]}" "${own[@]}" --keylog "$dir/wide.log"
(
  ulimit -n 64 2>/dev/null
  if [ "$(id -u)" != 0 ]; then
    "$vmports" run -n 500 "${t[@]}" "${own[@]}" >/dev/null 2>"$dir/err"
    [ $? = 1 ] && grep -q '500 ports need .* open files, 64 are allowed' "$dir/err"
  fi
) || fault "500 ports with 64 open files"
# Enough for their lines and not for all their calls: said, and gone on.
(
  ulimit -n 200 2>/dev/null
  if [ "$(id -u)" != 0 ]; then
    "$vmports" run -n 100 -s 127.0.0.1:9 "${t[@]}" "${own[@]}" --until registered --timeout 1 >/dev/null 2>"$dir/err"
    grep -q '200 open files are allowed: enough for .* calls at once' "$dir/err"
  fi
) || fault "100 ports with 200 open files"

# ---- the other commands
expect 2 'on EXT' mwi
expect 2 'which extensions' mwi on
expect 2 '"10x" is not an extension' mwi on 10x
expect 2 'on EXT' mwi dance 1001
expect 2 'at most 107' status --control "$dir/$(printf 'x%.0s' $(seq 120))"
expect 2 '17 characters' reset ABCDEFGHIJKLMNOPQ
expect 2 'one word too many' stop now
expect 2 '--ports 0' demo --ports 0
for c in status stop reset "mwi status" "mwi on 1001"; do
  # shellcheck disable=SC2086  # the words of one command
  expect 1 "no vmports is running at $dir/none.sock; start it" $c --control "$dir/none.sock"
done

# ---- output that cannot be written is no success
if [ -w /dev/full ]; then
  "$vmports" --help >/dev/full 2>"$dir/err" && fault "--help to a full disk succeeds"
fi
# ---- but who reads only the beginning has what he wanted
mkfifo "$dir/pipe"
for words in help "run --help" "config example"; do
  true <"$dir/pipe" &
  reader=$!
  # shellcheck disable=SC2086,SC2016  # the words of one command; $0 and $@ are the inner shell's
  timeout 60 sh -c 'exec >"$0"; wait_for=$1; shift; while kill -0 "$wait_for" 2>/dev/null; do sleep 0.05; done
    exec "$@"' "$dir/pipe" $reader "$vmports" $words 2>"$dir/err" || fault "$words to a closed pipe: $?"
  wait "$reader"
  [ ! -s "$dir/err" ] || fault "$words to a closed pipe: $(cat "$dir/err")"
done

[ $failed = 0 ] && echo "$checked command lines: ok"
exit $failed
