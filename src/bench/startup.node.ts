// Start-up in a fresh process: import + init + first stem forward, once the weights are in
// memory. Run as a program it is that process; it imports nothing of the package before the
// clock starts.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Model, NetworkDescription } from '../network/types.js';

interface Content {
  build: 'scalar' | 'simd' | 'relaxed';
  description: NetworkDescription;
  /** Tap, floats of the weights, floats of the bias, in the order of the weights' file. */
  tensors: [string, number, number][];
}

/** Milliseconds of each of `runs` processes. */
export async function startupTimes(model: Model, build: Content['build'], runs: number): Promise<number[]> {
  const folder = await mkdtemp(join(tmpdir(), 'curvesae-startup-'));
  try {
    const parameters = [...model.parameters];
    const content: Content = {
      build,
      description: model.description,
      tensors: parameters.map(([tap, { weight, bias }]) => [tap, weight.length, bias.length]),
    };
    await writeFile(join(folder, 'model.json'), JSON.stringify(content));
    await writeFile(
      join(folder, 'weights'),
      parameters
        .flatMap(([, { weight, bias }]) => [weight, bias])
        .map((a) => Buffer.from(a.buffer, a.byteOffset, a.byteLength)),
    );
    const times: number[] = [];
    for (let i = 0; i < runs; i++) {
      const { stdout } = await promisify(execFile)(process.execPath, [
        fileURLToPath(import.meta.url),
        folder,
      ]);
      times.push(Number(stdout));
    }
    return times;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function startUp(folder: string): Promise<number> {
  const { build, description, tensors }: Content = JSON.parse(
    await readFile(join(folder, 'model.json'), 'utf8'),
  );
  const { buffer } = new Uint8Array(await readFile(join(folder, 'weights')));
  const parameters: Model['parameters'] = new Map();
  let at = 0;
  for (const [tap, weights, biases] of tensors) {
    const weight = new Float32Array(buffer, at, weights);
    const bias = new Float32Array(buffer, at + 4 * weights, biases);
    parameters.set(tap, { weight, bias });
    at += 4 * (weights + biases);
  }
  const image = Float32Array.from({ length: 224 * 224 * 3 }, (_, i) => (i * 7919) % 256);
  const start = performance.now();
  const { createSession, init } = await import('curvesae');
  const engine = await init({ build });
  const model: Model = { name: 'random', description, parameters, sha256: '', lastTap: 'softmax' };
  const session = createSession(engine, model, { taps: ['mixed3b'] });
  session.run(image);
  const time = performance.now() - start;
  if (!session.tap('mixed3b').every(Number.isFinite))
    throw new Error('the first forward pass gave no numbers');
  return time;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.stdout.write(`${await startUp(process.argv[2])}\n`);
