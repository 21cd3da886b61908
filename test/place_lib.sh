# shellcheck shell=bash disable=SC2034
# Sourced by scripts that judge one program: a folder of their own ($work), processes that end with them ($pids).
set -u
work=$(mktemp -d) || exit 1
pids=() bad=0
need() { # tools; a missing one skips the test
  local tool
  for tool in "$@"; do
    command -v "$tool" >/dev/null || { echo "skipped: $tool is missing"; exit 77; }
  done
}
cleanup() {
  [ ${#pids[@]} -gt 0 ] && { kill "${pids[@]}"; kill -CONT "${pids[@]}"; } 2>/dev/null # one may stand still
  wait 2>/dev/null
  rm -rf "$work"
}
trap cleanup EXIT
ok() { echo "ok: $1"; }
wrong() { # WHAT FILES...: what they say is shown
  echo "FAILED: $1"; shift
  [ $# = 0 ] || sed 's/^/    /' "$@"
  bad=1
}
