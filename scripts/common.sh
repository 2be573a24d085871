# What every shell script of ours begins with: it is sourced, sets bash's strict mode, and sees to it that no
# script ends without a line that says what failed and what to do.
#
#   . scripts/common.sh        from the root of the repository
#
# step NAME [MEND]            what is being done from here on; MEND is said when it fails
# fail TEXT...                says TEXT on standard error and ends with status 1
# logged NAME COMMAND...      runs it with its output kept in build/log/NAME.log and the progress shown; on failure
#                             the end of that log is shown
# shellcheck shell=bash
set -Eeuo pipefail

script_name=${0##*/}
current_step=
current_mend=

step() {
  current_step=$1 current_mend=${2:-}
  echo "== $1"
}

fail() {
  trap - ERR
  echo "$script_name: $*" >&2
  exit 1
}

# The trap of every script: status, line and command of what failed, the step it belongs to, and what to do.
on_error() {
  local status=$1 place=$2 command=$3
  trap - ERR
  # A command of several lines is named by its first.
  echo "$script_name: ${current_step:+$current_step: }$place ended with status $status: ${command%%$'\n'*}" >&2
  [ -z "$current_mend" ] || echo "$script_name: $current_mend" >&2
  exit "$status"
}
trap 'on_error $? "${BASH_SOURCE[0]##*/}:$LINENO" "$BASH_COMMAND"' ERR

# Where the output of commands is kept: of this repository's build, or a temporary folder where none can be made.
log_folder() {
  local folder=$PWD/build/log
  mkdir -p "$folder" 2>/dev/null || folder=$(mktemp -d "${TMPDIR:-/tmp}/capstan-log.XXXXXX")
  echo "$folder"
}

# Copies lines from standard input: on a terminal each over the one before, in a pipe one every few seconds, so that
# whoever waits sees that it goes on.
show_progress() {
  local line='' shown=0 status interval=${PROGRESS_SECONDS:-5}
  SECONDS=0
  while true; do
    status=0
    IFS= read -r -t "$interval" line || status=$?
    if [ "$status" -ne 0 ] && [ "$status" -le 128 ]; then break; fi
    if [ -t 1 ]; then
      [ "$status" -ne 0 ] || printf '\r\033[K   %.100s' "$line"
    elif [ $((SECONDS - shown)) -ge "$interval" ]; then
      shown=$SECONDS
      [ "$status" -eq 0 ] && printf '   %.110s\n' "$line" || printf '   still at it after %d s\n' "$SECONDS"
    fi
  done
  [ ! -t 1 ] || printf '\r\033[K'
}

logged() {
  local name=$1 log status=0
  shift
  log=$(log_folder)/$name.log
  # Not the command's own status ends the script but the words below.
  "$@" </dev/null 2>&1 | tee "$log" | show_progress || status=${PIPESTATUS[0]}
  if [ "$status" -eq 0 ]; then return 0; fi
  echo "$script_name: ${current_step:+$current_step: }status $status of: $*" >&2
  # Of a build the first thing that failed, of anything else the end.
  if grep -q '^FAILED:' "$log"; then
    grep -m 1 -A 40 '^FAILED:' "$log" >&2
  else
    tail -n 25 "$log" >&2
  fi
  echo "$script_name: all of its output is in $log" >&2
  [ -z "$current_mend" ] || echo "$script_name: $current_mend" >&2
  trap - ERR
  exit "$status"
}
