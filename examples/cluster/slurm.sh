#!/usr/bin/env bash
# Submits the shards as a job array, and the merge as a job that begins when all of them are finished.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export SETTINGS=${SETTINGS:-$here/settings.sh}
source "$SETTINGS"

mkdir -p "$OUT/logs"
common=(--parsable --cpus-per-task="$THREADS" --mem="$MEMORY" --requeue --open-mode=append "${SBATCH_OPTIONS[@]}")
shards=$(sbatch "${common[@]}" --job-name=curvesae-shard --array="1-$SHARDS%$AT_ONCE" --time="$TIME" \
  --signal="B:USR1@$STOP_BEFORE" --output="$OUT/logs/shard-%a.log" "$here/slurm-shard.sh")
shards=${shards%%;*} # a federation adds the cluster's name
merge=$(sbatch "${common[@]}" --job-name=curvesae-merge --time="$TIME" --output="$OUT/logs/merge.log" \
  --dependency="afterok:$shards" --kill-on-invalid-dep=yes "$here/slurm-merge.sh")
echo "shards: job $shards, then merge: job ${merge%%;*}; how far they are: ${CURVESAE[*]} status $OUT"
