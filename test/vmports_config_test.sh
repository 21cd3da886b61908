#!/usr/bin/env bash
# vmports check, config example and run --config, as far as nobody has to answer: mistakes are named
# with file, line and value, on stderr; exit 0, 1, 2 as the contract says.
set -u
vmports=$BIN/vmports
[ -x "$vmports" ] || { echo "no $vmports"; exit 77; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export XDG_STATE_HOME=$dir/state XDG_RUNTIME_DIR=$dir NO_COLOR=1
failed=0

# expect CODE 'words on stderr' ARGS...: a regular expression; "" wants silence there
expect() {
  local code=$1 words=$2 got
  shift 2
  timeout 20 "$vmports" "$@" >"$dir/out" 2>"$dir/err" </dev/null
  got=$?
  [ $got = "$code" ] || { echo "not so: $* exits $got, wanted $code"; cat "$dir/err"; failed=1; }
  if [ -z "$words" ]; then
    [ ! -s "$dir/err" ] || { echo "not so: $* is silent"; cat "$dir/err"; failed=1; }
  elif ! grep -qE -- "$words" "$dir/err"; then
    echo "not so: $* says: $words"
    cat "$dir/err"
    failed=1
  fi
}
out() { grep -qE -- "$1" "$dir/out" || { echo "not so: stdout says: $1"; cat "$dir/out"; failed=1; }; }

# The example is accepted, and every setting has a comment above it.
expect 0 '' config example
cp "$dir/out" "$dir/example.conf"
expect 0 '' check "$dir/example.conf"
out 'example.conf is good: 1 port group with 1 port$'
awk '/^ *[A-Za-z]+ = / && before !~ /^ *# / { print "no comment above: " $0; bad = 1 }
     { before = $0 } END { exit bad }' "$dir/example.conf" || failed=1
[ "$(grep -cE '^ *[A-Za-z]+ = ' "$dir/example.conf")" -ge 40 ] || { echo "few settings"; failed=1; }

# Each mistake, with its line and its value.
cat >"$dir/bad.conf" <<'EOF'
RtpPorts = 5
PhoneSystem {
  PortGroup {
    TftpServers = 127.0.0.1
    Colour = red
    MwiResultMs = 5s
    MwiResultMs = 500
  }
  PortGroup {
    TftpServers = 127.0.0.1
  }
}
EOF
expect 1 'bad.conf:1: RtpPorts "5"' check "$dir/bad.conf"
for words in ':5: Colour "red": PortGroup has no such setting' \
  ':6: MwiResultMs "5s": must be a number of milliseconds' \
  ':7: MwiResultMs "500": is set on line 6 already' \
  ':11: device names CiscoUM1-VI1 to CiscoUM1-VI1: port group "PhoneSystem-1" has'; do
  grep -qE "$words" "$dir/err" || { echo "not named: $words"; cat "$dir/err"; failed=1; }
done
[ "$(wc -l <"$dir/err")" = 5 ] || { echo "five mistakes"; cat "$dir/err"; failed=1; }
[ ! -s "$dir/out" ] || { echo "a bad file says nothing on stdout"; failed=1; }
expect 1 'bad.conf has 5 mistakes' run --config "$dir/bad.conf"

# Greetings are looked at, too.
sed 's|Greeting = ""|Greeting = "/nonexistent.wav"|' "$dir/example.conf" >"$dir/silent.conf"
expect 1 'port group "PhoneSystem-1".*/nonexistent.wav' check "$dir/silent.conf"

# Options override the file; those that describe one group want one.
expect 2 '--threads 3: more than the 2 ports' run --config "$dir/example.conf" -n 2 --threads 3
expect 2 'the name ABCDEFGHIJKLMNO2 has 16 characters' run --config "$dir/example.conf" -n 2 -p ABCDEFGHIJKLMNO
expect 2 '2 characters, wanted are 64 hex digits' run --config "$dir/example.conf" --ctl-first pin --ctl-pin 00
expect 2 'pin go together' run --config "$dir/example.conf" --ctl-first pin
expect 2 'same number, 999990' run --config "$dir/example.conf" --mwi-on 999990
cat >"$dir/two.conf" <<'EOF'
PhoneSystem {
  PortGroup { TftpServers = 127.0.0.1 }
  PortGroup { TftpServers = 127.0.0.1 FirstPort = 2 }
}
EOF
expect 0 '' check "$dir/two.conf"
out '2 port groups with 2 ports'
for option in "-n 2" "-p X" "--first 7"; do
  # shellcheck disable=SC2086  # option and value
  expect 2 'describes one port group; .*two.conf has 2' run --config "$dir/two.conf" $option
done

# Wrong use.
expect 2 'no settings file is named' check
expect 1 'No such file' check "$dir/none.conf"
expect 1 'No such file' run --config "$dir/none.conf"
expect 1 'Is a directory' check "$dir"
expect 2 'wanted is: vmports config example' config
expect 2 'wanted is: vmports config example' config sample
expect 2 'one word too many' check "$dir/two.conf" more
expect 0 '' check --help
out 'Usage: vmports check FILE'
exit $failed
