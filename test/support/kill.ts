// kill -9 at random moments of what a training run writes, then --resume: the result must be that of
// a run that nobody disturbed. Used with a few rounds in npm test, with 100 by test:soak.
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, watch } from 'node:fs';
import { join, resolve } from 'node:path';
import { Rng } from '../../src/index.js';
import { ROOT } from './paths.js';

export interface KillRounds {
  /** Matrix or store to train on. */
  data: string;
  /** An empty folder to work in. */
  dir: string;
  rounds: number;
  seed: number;
  flags: string[];
  /** Flags of each round in turn: every architecture gets its kills. */
  variants: string[][];
  onRound?: (round: number, kills: number) => void;
}

/** Throws where a killed and resumed run differs from the uninterrupted one. Returns how often it killed. */
export async function killAndResume({
  data,
  dir,
  rounds,
  seed,
  flags,
  variants,
  onRound,
}: KillRounds): Promise<number> {
  const rng = new Rng(seed);
  const train = (out: string, round: number, ...more: string[]) => [
    'train',
    '--activations',
    data,
    '--checkpoint-every',
    '5',
    '--quiet',
    ...flags,
    ...variants[round % variants.length],
    '--out',
    out,
    ...more,
  ];
  /** Changes in the folder of an undisturbed run: the moments at which others are killed. */
  const changes: number[] = [];
  const whole = (round: number) => join(dir, `whole-${round % variants.length}`);
  for (let round = 0; round < Math.min(rounds, variants.length); round++) {
    const done = await watched(train(whole(round), round), whole(round), Number.POSITIVE_INFINITY);
    if (done.code !== 0) throw new Error(done.stderr);
    changes.push(done.changes);
  }
  const weights = (out: string) => readFileSync(join(out, 'sae_weights.safetensors'));
  let kills = 0;
  for (let round = 0; round < rounds; round++) {
    const all = changes[round % variants.length];
    const out = join(dir, `round-${round}`);
    let resume = false;
    for (let lives = 0; ; lives++) {
      const outcome = await watched(
        // Neither the moment nor the number of threads may show in the result.
        train(out, round, '--workers', String(1 + rng.below(3)), ...(resume ? ['--resume'] : [])),
        out,
        // Later and later, so that it gets to the end.
        1 + rng.below(Math.ceil(all * (1 + lives / 10))),
      );
      if (outcome.signal === null) {
        if (outcome.code !== 0) throw new Error(`round ${round}: exit ${outcome.code}: ${outcome.stderr}`);
        break;
      }
      kills++;
      resume = true;
    }
    if (!weights(out).equals(weights(whole(round))))
      throw new Error(`round ${round}: other weights than the uninterrupted run`);
    const left = readdirSync(out).filter((name) => name.startsWith('.') || name.startsWith('checkpoint'));
    if (left.length) throw new Error(`round ${round}: left behind ${left.join(', ')}`);
    onRound?.(round, kills);
  }
  return kills;
}

interface Outcome {
  code: number | null;
  signal: string | null;
  stderr: string;
  /** Names that came, went or changed in the folder. */
  changes: number;
}

/** SIGKILL at the `at`-th change in `folder`. */
function watched(args: string[], folder: string, at: number): Promise<Outcome> {
  mkdirSync(folder, { recursive: true });
  return new Promise((done) => {
    let changes = 0;
    const watcher = watch(folder, () => {
      if (++changes === at) child.kill('SIGKILL');
    });
    const child = spawn(process.execPath, [resolve(ROOT, 'dist/src/cli/main.js'), ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (d) => {
      stderr += d;
    });
    child.on('close', (code, signal) => {
      watcher.close();
      done({ code, signal, stderr, changes });
    });
  });
}
