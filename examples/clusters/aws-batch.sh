#!/bin/bash
# An array job of AWS Batch, and one that joins: bash aws-batch.sh INPUT OUT TASKS QUEUE DEFINITION
# DEFINITION is a job definition whose container has holdfast, and mounts at the same path as here the EFS or FSx for Lustre
# file system that holds INPUT and OUT. Its retry strategy starts a task again that was stopped or whose host is gone:
#   "retryStrategy": {"attempts": 10, "evaluateOnExit": [
#     {"onStatusReason": "Host EC2*", "action": "RETRY"},
#     {"onExitCode": "75", "action": "RETRY"},
#     {"onExitCode": "*", "action": "EXIT"}]}
set -euo pipefail
input=$1 out=$2 tasks=$3 queue=$4 definition=$5
holdfast submit "$input" --out "$out" --dry-run > "$(dirname "$out")/plan.txt"

submit() {
  local name=$1 command=$2
  shift 2
  aws batch submit-job --job-name "$name" --job-queue "$queue" --job-definition "$definition" \
    --container-overrides "{\"command\":[\"$command\",\"$out\"]}" --query jobId --output text "$@"
}
# An array has 2 to 10,000 tasks.
array=$(submit holdfast work --array-properties "size=$tasks")
# It starts when all tasks have succeeded. If one has not, start it by hand: it says what is missing.
join=$(submit holdfast-join join --depends-on "jobId=$array")
echo "$array $join"
