#!/bin/bash
# Several tasks on this machine, as any engine would start them on several: bash by-hand.sh INPUT OUT TASKS [OPTION…]
set -euo pipefail
input=$1 out=$2 tasks=$3
holdfast submit "$input" --out "$out" "${@:4}" --dry-run > /dev/null
pids=()
for ((i = 0; i < tasks; i++)); do
  holdfast work "$out" > /dev/null &
  pids+=($!)
done
# A task may fail, and the others do its work; the join decides.
for pid in "${pids[@]}"; do wait "$pid" || echo "a task ended with $?" >&2; done
holdfast join "$out" > /dev/null
