#!/bin/bash
# What holdfast submit does, by hand: bash slurm.sh INPUT OUT TASKS [OPTION…]
# OUT is an absolute path on a file system that all nodes share.
set -euo pipefail
input=$1 out=$2 tasks=$3
holdfast submit "$input" --out "$out" "${@:4}" --dry-run > "$(dirname "$out")/plan.txt"

# The shell outlives a warning, and srun passes it on at once. 143 would be booked as a failure.
job() {
  printf '#!/bin/bash\n%s\n%s\n%s\n' \
    "trap ':' TERM USR1 USR2" \
    "srun --ntasks=1 holdfast $1 '$out'" \
    'code=$?; [ $code -ne 143 ] || code=75; exit $code'
}
options=(--parsable --requeue --open-mode=append --signal=TERM@60 --nodes=1 --ntasks=1)
array=$(job work | sbatch "${options[@]}" --array="0-$((tasks - 1))" --output="$out/logs/slurm-%A_%a.out")
join=$(job join | sbatch "${options[@]}" --dependency="afterany:$array" --output="$out/logs/slurm-join-%j.out")
echo "$array $join"
