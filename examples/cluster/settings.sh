# The one file to edit: what is done, in how many shards, and where. parallel.sh, slurm.sh and kubernetes.sh read it.
# Paths are those of the machines that do the work, on a disk that all of them see.

# The command, without --out, --shard and --workers.
JOB=(activations --model googlenet --images /data/photographs --tap mixed3b_5x5)
OUT=/data/store
SHARDS=8
AT_ONCE=8   # shards at work at a time
THREADS=4   # of each

# How the program is started: (npx curvesae), (node /opt/curvesae/dist/src/cli/main.js)
CURVESAE=(curvesae)

# GNU parallel: (--sshlogin machine1,machine2) for machines that can be reached by ssh
PARALLEL_OPTIONS=()

# Slurm
TIME=04:00:00     # of one run; a shard that needs longer is stopped, saved, queued again and goes on
STOP_BEFORE=120   # seconds before the limit that it is told to stop
RESTARTS=50       # runs of one shard at most
MEMORY=4G
SBATCH_OPTIONS=() # (--partition=long --account=mine)

# Kubernetes, which also takes MEMORY
IMAGE=registry.example/curvesae:0.1.0   # of the Dockerfile beside this file
NAMESPACE=default
NAME=curvesae
CLAIM=curvesae-data                     # a PersistentVolumeClaim, ReadWriteMany
MOUNT=/data                             # where it is mounted: the paths above lie in it
