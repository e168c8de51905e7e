// A Slurm cluster of one node on this machine, with its files in one folder and ports of its own: what runs here already, and what
// is configured, is left alone.
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** The programs that it needs. */
export const SLURM = ['munged', 'slurmctld', 'slurmd', 'sbatch', 'scontrol'];

const freePort = () =>
  new Promise((done) => {
    const server = createServer().listen(0, () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });

export async function startSlurm(folder, say) {
  const at = (name) => join(folder, name);
  for (const name of ['', 'state', 'spool']) mkdirSync(at(name), { recursive: true, mode: 0o755 });
  chmodSync(folder, 0o755);
  writeFileSync(at('munge.key'), randomBytes(1024), { mode: 0o600 });
  const node = hostname().split('.')[0];
  const user = execFileSync('id', ['-un'], { encoding: 'utf8' }).trim();
  // cred_expire: a task that is queued again waits for as long (two minutes by default).
  writeFileSync(
    at('slurm.conf'),
    `ClusterName=test
SlurmctldHost=${node}(127.0.0.1)
SlurmctldPort=${await freePort()}
SlurmdPort=${await freePort()}
AuthType=auth/munge
AuthInfo=socket=${at('munge.sock')},cred_expire=5
SlurmUser=${user}
SlurmdUser=${user}
StateSaveLocation=${at('state')}
SlurmdSpoolDir=${at('spool')}
SlurmctldPidFile=${at('slurmctld.pid')}
SlurmdPidFile=${at('slurmd.pid')}
SlurmctldLogFile=${at('slurmctld.log')}
SlurmdLogFile=${at('slurmd.log')}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=2,bf_interval=2
MpiDefault=none
KillWait=10
MinJobAge=3600
NodeName=${node} NodeAddr=127.0.0.1 CPUs=4 RealMemory=8000 State=UNKNOWN
PartitionName=work Nodes=ALL Default=YES MaxTime=INFINITE State=UP
`,
  );
  const env = { SLURM_CONF: at('slurm.conf') };
  const daemons = [];
  const start = (name, args) =>
    daemons.push(spawn(name, args, { env: { ...process.env, ...env }, stdio: 'ignore' }));
  const stop = async () => {
    for (const daemon of daemons.reverse()) {
      const ended = new Promise((done) => daemon.on('close', done));
      daemon.kill('SIGTERM');
      await ended;
    }
  };
  const munge = ['--foreground', '--force', `--socket=${at('munge.sock')}`, `--key-file=${at('munge.key')}`];
  start('munged', [
    ...munge,
    `--pid-file=${at('munged.pid')}`,
    `--log-file=${at('munged.log')}`,
    `--seed-file=${at('munged.seed')}`,
  ]);
  while (!existsSync(at('munge.sock'))) await sleep(50);
  start('slurmctld', ['-D']);
  start('slurmd', ['-D']);
  const read = (...args) => {
    try {
      return execFileSync('scontrol', ['--oneliner', 'show', ...args], {
        env: { ...process.env, ...env },
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
    } catch {
      return ''; // it is busy, or not up yet
    }
  };
  for (let tries = 0; !/State=IDLE/.test(read('node')); tries++) {
    if (tries > 100) {
      await stop();
      throw new Error(`Slurm does not start: ${readFileSync(at('slurmctld.log'), 'utf8').slice(-1000)}`);
    }
    await sleep(200);
  }
  say(
    `Slurm: ${execFileSync('sbatch', ['--version'], { env: { ...process.env, ...env }, encoding: 'utf8' }).trim()}, a cluster of one node`,
  );
  /** Tasks of a job, fields by name. */
  const show = (id) =>
    read('job', id)
      .split('\n')
      .filter((line) => line.startsWith('JobId='))
      .map((line) =>
        Object.fromEntries([...line.matchAll(/(\w+)=(\S*)/g)].map(([, key, value]) => [key, value])),
      );
  return { env, show, stop };
}
