#!/usr/bin/env bash
# Prints the manifest of an indexed Job of the shards, or of the merge:
#   ./kubernetes.sh shards | kubectl apply -f -
#   kubectl wait --for=condition=complete --timeout=-1s job/curvesae-shards
#   ./kubernetes.sh merge | kubectl apply -f -
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "${SETTINGS:-$here/settings.sh}"

# A word as a quoted scalar of YAML.
quoted() {
  local text=${1//\\/\\\\}
  text=${text//\"/\\\"}
  printf '"%s"' "${text//$'\n'/\\n}"
}
# Words as a list.
list() {
  local out= word
  for word in "$@"; do out+="${out:+, }$(quoted "$word")"; done
  printf '[%s]' "$out"
}

# A pod that is told to go away (a drained node) gets SIGTERM: the program saves, and ends with 130. Pictures that could
# not be used (exit 4) are no failure.
run='"$@" & pid=$!; trap "kill -TERM $pid" TERM; wait $pid; code=$?
while kill -0 $pid 2>/dev/null; do wait $pid; code=$?; done
if [ $code -eq 4 ]; then exit 0; fi; exit $code'

case ${1:-} in
shards)
  name=$NAME-shards
  indexed="  completions: $SHARDS
  parallelism: $AT_ONCE
  completionMode: Indexed
  backoffLimitPerIndex: 5
  podFailurePolicy:
    rules:
      - action: Ignore # the node was taken away: no failure of the shard
        onPodConditions:
          - type: DisruptionTarget
            status: \"True\"
      - action: FailIndex # wrong usage, bad input: repeating it does not help
        onExitCodes:
          containerName: curvesae
          operator: In
          values: [2, 3]"
  words=(sh -c "set -- \"\$@\" --shard \"\$((JOB_COMPLETION_INDEX + 1))/$SHARDS\"; $run" sh
    curvesae "${JOB[@]}" --out "$OUT" --workers "$THREADS")
  ;;
merge)
  name=$NAME-merge
  indexed="  backoffLimit: 3"
  words=(sh -c "$run" sh curvesae merge "$OUT" --workers "$THREADS")
  ;;
*)
  echo "usage: kubernetes.sh shards|merge" >&2
  exit 2
  ;;
esac

cat <<YAML
apiVersion: batch/v1
kind: Job
metadata:
  name: $(quoted "$name")
  namespace: $(quoted "$NAMESPACE")
spec:
$indexed
  template:
    spec:
      restartPolicy: Never
      terminationGracePeriodSeconds: 120
      containers:
        - name: curvesae
          image: $(quoted "$IMAGE")
          command: $(list "${words[@]:0:1}")
          args: $(list "${words[@]:1}")
          resources:
            requests: {cpu: $(quoted "$THREADS"), memory: $(quoted "${MEMORY%[Gg]}Gi")}
            limits: {memory: $(quoted "${MEMORY%[Gg]}Gi")}
          volumeMounts:
            - {name: data, mountPath: $(quoted "$MOUNT")}
      volumes:
        - name: data
          persistentVolumeClaim: {claimName: $(quoted "$CLAIM")}
YAML
