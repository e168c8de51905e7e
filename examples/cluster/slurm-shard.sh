#!/usr/bin/env bash
# One shard, as a task of the array that slurm.sh submits. Told to stop before its time limit, or killed, it is queued
# again and goes on from what it saved.
source "$SETTINGS"
shard=$SLURM_ARRAY_TASK_ID
runs=$((${SLURM_RESTART_COUNT:-0} + 1))
echo "shard $shard of $SHARDS: run $runs, on $(hostname)"

# A machine that died leaves its lock, and another one cannot know that the owner is dead. Slurm can: it runs a task
# once at a time. (The lock of a process of this machine is taken over by the program itself.)
if ((runs > 1)); then
  find "$OUT/shards" -path "*-$shard-of-$SHARDS/*" -name .lock 2>/dev/null | while read -r lock; do
    grep -q "\"host\":\"$(hostname)\"" "$lock" || rm -f "$lock"
  done
fi

"${CURVESAE[@]}" "${JOB[@]}" --out "$OUT" --shard "$shard/$SHARDS" --workers "$THREADS" &
pid=$!
again=
trap 'again=1; kill -TERM "$pid"' USR1 # before the time limit: slurm.sh asks for it
trap 'kill -TERM "$pid" 2>/dev/null' TERM
wait "$pid"
while kill -0 "$pid" 2>/dev/null; do wait "$pid"; done # a signal ends a wait; the program is still saving
wait "$pid"
code=$?

case $code in
0) exit 0 ;;
4) exit 0 ;; # pictures that could not be used: merging names them again
130) [[ $again ]] || exit 130 ;;
*) ((code > 128)) || exit "$code" ;; # wrong usage, bad input, a full disk: repeating it does not help
esac
if ((runs >= RESTARTS)); then
  echo "shard $shard: not finished after $runs runs"
  exit "$code"
fi
echo "shard $shard: ended with $code, queued again"
scontrol requeue "${SLURM_ARRAY_JOB_ID}_$shard" && sleep 300 # it ends this script
exit "$code"
