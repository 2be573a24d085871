# shellcheck shell=bash
# Of a recorder's process and of what `capstan blast --json` printed. Sourced by the scripts beside it.

# Nanoseconds of CPU of all threads of process $1.
cpu_ns() { cat /proc/"$1"/task/*/schedstat | awk '{ sum += $1 } END { printf "%.0f", sum }'; }

# The number called $1 in the JSON file $2.
json_number() { tr -d ' \n' <"$2" | sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p"; }
