// npm run test:cluster [-- --built] [slurm] [parallel] [kubernetes]: the templates of examples/cluster, for real, on the packed
// package as the Dockerfile installs it. One machine's store is the reference. GNU parallel: a shard is killed and retried.
// Slurm, a cluster of one node that is started here: an array is submitted, a task is killed, others meet their time limit, are
// told to stop, save and are queued again, and the merge waits for all. Kubernetes: the manifests against the schema of their
// kind (the npm package kubernetes-models: types and JSON schemas of the API), and their containers' commands run here. Each must
// give the bytes of one machine. Needs Debian's slurm-wlm, munge and parallel: apt-get install slurm-wlm munge parallel.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { build } from './build.mjs';
import { SLURM, startSlurm } from './cluster/slurm.mjs';

const { values, positionals } = parseArgs({
  options: { built: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const PARTS = { parallel: withParallel, slurm: withSlurm, kubernetes: withKubernetes };
const asked = positionals.length ? positionals : Object.keys(PARTS);
const dir = mkdtempSync(join(tmpdir(), 'curvesae-cluster-'));
const at = (...names) => join(dir, ...names);
const failures = [];
const began = Date.now();

function say(text) {
  console.log(`${((Date.now() - began) / 1000).toFixed(0).padStart(5)} s  ${text.replaceAll(dir, '')}`);
}

function check(ok, what) {
  say(`${ok ? 'ok' : 'WRONG'}: ${what}`);
  if (!ok) failures.push(what);
}

const has = (name) => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;
const SHARDS = 3;
const PICTURES = 480;
const jobOf = (pictures) => [
  ...['activations', '--images', `procedural:${pictures}`, '--tap', 'mixed3b_5x5', '--per-image', '1000'],
];
const JOB = jobOf(PICTURES);
/** So that its shards meet the shortest limit that Slurm has, a minute or two, on fast machines too. */
const LONG_JOB = jobOf(4 * PICTURES);
let program;

/** The package as the Dockerfile installs it, in a folder of its own. */
function install() {
  execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', dir], { stdio: 'ignore' });
  const run = /^RUN (npm install .*)$/m.exec(readFileSync('examples/cluster/Dockerfile', 'utf8'))[1];
  const command = run.replace('/tmp/curvesae-*.tgz', `${dir}/curvesae-*.tgz`);
  execFileSync('sh', ['-c', command], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, npm_config_prefix: at('prefix') },
  });
  program = at('prefix/bin/curvesae');
  say(`installed as the Dockerfile says: ${run}`);
}

const curvesae = (...args) => execFileSync(program, [...args, '--quiet'], { encoding: 'utf8' });

/** Every file of the store below `out` by its digest, but the manifest's times. */
function contentOf(out) {
  const store = readdirSync(out).find((name) => /^[0-9a-f]{16}$/.test(name));
  if (!store) return {};
  return Object.fromEntries(
    readdirSync(join(out, store)).map((name) => {
      const bytes = readFileSync(join(out, store, name));
      if (name !== 'manifest.json') return [name, createHash('sha256').update(bytes).digest('hex')];
      const { seconds: _, checksum: __, ...rest } = JSON.parse(bytes);
      return [name, JSON.stringify(rest)];
    }),
  );
}

/** What one machine makes of a job. */
function onOneMachine(job, name) {
  curvesae(...job, '--workers', '2', '--out', at(name));
  const content = contentOf(at(name));
  say(`one machine: ${job[2]}, ${Object.keys(content).length} files`);
  return content;
}

let short;
function compare(name, out, reference = short) {
  const made = contentOf(out);
  const same = JSON.stringify(made) === JSON.stringify(reference);
  check(same, `${name}: the ${Object.keys(reference).length} files of one machine's store, to the byte`);
}

/** A settings.sh with these lines in place of its own. */
function settings(name, changes) {
  let text = readFileSync('examples/cluster/settings.sh', 'utf8');
  const own = {
    JOB: `(${JOB.join(' ')} --quiet)`,
    CURVESAE: `(${program})`,
    OUT: at(name),
    ...{ SHARDS, AT_ONCE: 2, THREADS: 1 },
    ...changes,
  };
  for (const [key, value] of Object.entries(own)) {
    if (!new RegExp(`^${key}=`, 'm').test(text)) throw new Error(`settings.sh has no ${key}`);
    text = text.replace(new RegExp(`^${key}=.*$`, 'm'), `${key}=${value}`);
  }
  mkdirSync(at(name), { recursive: true });
  writeFileSync(at(`${name}.sh`), text);
  return { ...process.env, SETTINGS: at(`${name}.sh`) };
}

/** The process that works at a shard, once it has saved something. */
async function workerOf(out, shard) {
  for (;;) {
    const folder = existsSync(join(out, 'shards')) ? readdirSync(join(out, 'shards')) : [];
    const own = folder.find((name) => name.endsWith(`-${shard}-of-${SHARDS}`));
    const file = (name) => join(out, 'shards', own, name);
    if (own && existsSync(file('shard.json')) && existsSync(file('.lock'))) {
      const { done, total } = JSON.parse(readFileSync(file('shard.json')));
      if (done > 0) return { pid: JSON.parse(readFileSync(file('.lock'))).pid, done, total };
    }
    await sleep(50);
  }
}

/** As a machine does that runs out of memory. */
async function killShard(out, shard) {
  const { pid, done, total } = await workerOf(out, shard);
  process.kill(pid, 'SIGKILL');
  say(`shard ${shard}: its process killed, after ${done} of ${total} pictures`);
}

const ended = (child) => new Promise((done) => child.on('close', done));

async function withParallel() {
  if (!has('parallel')) return missing('parallel', 'GNU parallel');
  const out = at('parallel');
  const child = spawn('examples/cluster/parallel.sh', {
    env: settings('parallel', {}),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (d) => (errors += d));
  await killShard(out, 2);
  check((await ended(child)) === 0, `parallel.sh ends well ${errors.trim().slice(-300)}`);
  const log = readFileSync(join(out, 'parallel.log'), 'utf8').trim().split('\n').slice(1);
  check(log.length === SHARDS, `parallel: ${log.length} shards in its log`);
  compare('parallel', out);
}

async function withSlurm() {
  const lacks = SLURM.filter((name) => !has(name));
  if (lacks.length) return missing('slurm', lacks.join(', '));
  const reference = onOneMachine(LONG_JOB, 'one-long');
  const cluster = await startSlurm(at('cluster'), say);
  try {
    // The scalar build: the same bits in several times the time, so that the limit is met.
    const env = {
      ...settings('slurm', {
        JOB: `(${LONG_JOB.join(' ')} --quiet --build scalar)`,
        ...{ TIME: '00:01:30', STOP_BEFORE: 55, AT_ONCE: 3, MEMORY: '1G' },
      }),
      ...cluster.env,
    };
    const out = at('slurm');
    const said = execFileSync('examples/cluster/slurm.sh', { env, encoding: 'utf8' }).trim();
    say(said);
    const [, shards, merge] = /job (\d+), then merge: job (\d+)/.exec(said);
    const job = (id) => cluster.show(id);
    check(job(merge)[0]?.Reason === 'Dependency', `the merge waits: ${job(merge)[0]?.Reason}`);
    await killShard(out, 2);
    const seen = new Map();
    for (let last = ''; ; await sleep(1000)) {
      const tasks = job(shards);
      for (const { ArrayTaskId, Restarts } of tasks) seen.set(ArrayTaskId, Number(Restarts));
      const states = [...tasks, ...job(merge)].map(
        (t) => `${t.ArrayTaskId ?? 'merge'} ${t.JobState} (run ${Number(t.Restarts) + 1})`,
      );
      const now = states.join(', ');
      if (now !== last) say(now);
      last = now;
      if (job(merge).every((t) => /COMPLETED|FAILED|CANCELLED|TIMEOUT/.test(t.JobState))) break;
    }
    for (const name of readdirSync(join(out, 'logs')).sort())
      for (const line of readFileSync(join(out, 'logs', name), 'utf8')
        .trim()
        .split('\n'))
        say(`  ${name}: ${line}`);
    const log = (i) => readFileSync(join(out, 'logs', `shard-${i}.log`), 'utf8');
    check(/ended with 137, queued again/.test(log(2)), 'the killed task was queued again');
    check(
      [1, 2, 3].some((i) => /ended with 130, queued again/.test(log(i))),
      'a task was told to stop before its limit, saved, and queued again',
    );
    check(job(merge)[0]?.JobState === 'COMPLETED', 'the merge ran when all were finished');
    compare('slurm', out, reference);
  } finally {
    await cluster.stop();
  }
}

async function withKubernetes() {
  const env = settings('kubernetes', { MEMORY: '1G' });
  const folder = at('schema');
  cpSync('scripts/cluster/check-manifest', folder, { recursive: true });
  try {
    execFileSync('npm', ['install', '--no-audit', '--no-fund'], { cwd: folder, stdio: 'ignore' });
  } catch {
    return missing('kubernetes', 'npm install of kubernetes-models and yaml');
  }
  const typescript = resolve('node_modules/typescript/bin/tsc');
  const manifests = {};
  for (const which of ['shards', 'merge']) {
    const yaml = execFileSync('examples/cluster/kubernetes.sh', [which], { env, encoding: 'utf8' });
    const { status, stdout, stderr } = spawnSync(process.execPath, ['check.mjs', typescript], {
      cwd: folder,
      input: yaml,
      encoding: 'utf8',
    });
    check(status === 0, `kubernetes.sh ${which}: valid against the schema of batch/v1 Job ${stderr.trim()}`);
    manifests[which] = JSON.parse(stdout);
    const broken = yaml
      .replace('completionMode: Indexed', 'completionmode: Indexed')
      .replace('restartPolicy', 'restartpolicy');
    const refused = spawnSync(process.execPath, ['check.mjs', typescript], {
      cwd: folder,
      input: broken,
      encoding: 'utf8',
    });
    check(refused.status !== 0, `a misspelt field of it is refused: ${refused.stderr.trim().split('\n')[0]}`);
  }
  const start = (manifest, index) => {
    const { command, args } = manifest.spec.template.spec.containers[0];
    const PATH = `${at('prefix/bin')}:${process.env.PATH}`;
    return spawn(command[0], args, {
      env: { ...process.env, PATH, JOB_COMPLETION_INDEX: String(index) },
      stdio: 'ignore',
    });
  };
  const out = at('kubernetes');
  const stopped = start(manifests.shards, 1);
  await workerOf(out, 2);
  stopped.kill('SIGTERM'); // as of a drained node; another pod takes the index
  check((await ended(stopped)) === 130, 'a pod that is told to go away ends with 130, its work saved');
  for (let index = 0; index < manifests.shards.spec.completions; index++)
    check((await ended(start(manifests.shards, index))) === 0, `the command of pod ${index}`);
  check((await ended(start(manifests.merge))) === 0, 'the command of the merge');
  compare('kubernetes', out);
}

function missing(part, what) {
  failures.push(part);
  say(`NOT TESTED: ${part}: ${what} is not here`);
}

try {
  if (!values.built) await build();
  install();
  if (asked.some((part) => part !== 'slurm')) short = onOneMachine(JOB, 'one');
  for (const part of asked) {
    say(`--- ${part}`);
    await PARTS[part]();
  }
} finally {
  rmSync(dir, { recursive: true, force: true });
}
console.log(
  failures.length ? `${failures.length} failures: ${failures.join('; ')}` : 'cluster: all as it should be',
);
process.exitCode = failures.length ? 1 : 0;
