# shellcheck shell=bash disable=SC2154 # what lib.sh has set
# Sourced behind lib.sh by what walks through the fault menu: short pauses, marks in vmports' log, and
# what must be afterwards as it was before.
export VMPORTS_CORE=1 # its descriptors are counted, which else root alone may do

# The retry rule with short pauses: what is waited for is that it comes, not how long CUC would wait.
cat >"$dir/walk.conf" <<'END'
PhoneSystem { PortGroup {
  TftpServers = "127.0.0.1"
  RetryFirstMs = 200
  RetryMostMs = 1000
  RetryUntrustedMs = 500
  RetryRejectedMs = 500
  CtlRetryMs = 500
  CtlStaleMs = 500
} }
END
start_walker() { # [options]: notes of each port, not sums of what is alike
  start_vmports --config "$dir/walk.conf" --verbose "$@"
}

set_mark() { mark=$(wc -l <"$dir/vmports.log"); }
since_mark() { tail -n +"$((mark + 1))" "$dir/vmports.log"; }
marked() { since_mark | grep -F -q -- "$1"; } # a line of vmports' log since the mark
in_status() { # verdict: of a port or a list, in the table and as JSON
  vm status --json | jq -e --arg v "$1" '[.ports[], .lists[]] |
    any(.errors > 0 and (.last_error_id == $v or (.last_error | contains($v))))' &&
    vm status | grep -F -- "$1"
}
call_answered() { lab call 1001 8000 --for 1 --json 2>"$dir/err" >"$dir/out"; }

count_of() { find "/proc/$vm_pid/$1" -mindepth 1 -maxdepth 1 | wc -l; }
rss_kb() { awk '/^VmRSS/ { print $2 }' "/proc/$vm_pid/status"; }
# A sanitizer keeps what was freed for a while; the address sanitizer looks for leaks at the end.
sanitized() { grep -q -E 'lib[at]san' "/proc/$vm_pid/maps"; }
remember() { fds=$(count_of fd) tasks=$(count_of task) rss=$(rss_kb); }
as_before() { [ "$(count_of fd)" = "$fds" ] && [ "$(count_of task)" = "$tasks" ]; }
all_as_before() {
  until_true 100 as_before && ok "descriptors and threads are what they were" ||
    fail "descriptors $(count_of fd), before $fds; threads $(count_of task), before $tasks"
  sanitized || [ "$(rss_kb)" -lt $((rss + 8192)) ] || fail "memory: $(rss_kb) KB, before $rss KB"
}
