#!/usr/bin/env bash
# All shards with GNU parallel, on this machine or over ssh, then the merge. Repeated, it goes on: what is finished is taken.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export SETTINGS=${SETTINGS:-$here/settings.sh}
source "$SETTINGS"

one() {
  source "$SETTINGS"
  "${CURVESAE[@]}" "${JOB[@]}" --out "$OUT" --shard "$1/$SHARDS" --workers "$THREADS"
  local code=$?
  # Pictures that could not be used are no failure of the shard; merging names them again.
  if ((code == 4)); then return 0; fi
  return "$code"
}
export -f one
export SHELL=$BASH # which knows the function

mkdir -p "$OUT"
seq "$SHARDS" | parallel --will-cite --jobs "$AT_ONCE" --retries 3 --line-buffer --tag \
  --joblog "$OUT/parallel.log" --env one --env SETTINGS "${PARALLEL_OPTIONS[@]}" one
"${CURVESAE[@]}" merge "$OUT"
