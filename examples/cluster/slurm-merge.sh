#!/usr/bin/env bash
# Joins the shards when all of them are finished, as slurm.sh submits it.
source "$SETTINGS"
exec "${CURVESAE[@]}" merge "$OUT" --workers "$THREADS"
