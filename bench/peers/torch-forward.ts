// PyTorch's forward pass: the network's description and weights go to torch_forward.py.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ForwardCase } from '../../src/bench/forward.js';
import { PICTURE, type PictureCase } from '../../src/bench/picture.js';
import type { Impl } from '../../src/bench/types.js';
import { tapInfo } from '../../src/network/taps.js';
import type { Model } from '../../src/network/types.js';
import { middle } from '../../src/study/visualize/objective.js';
import { windowOf } from '../../src/study/visualize/transforms.js';
import { ROOT } from '../../test/support/paths.js';
import { networkFiles } from './network-files.js';
import { PythonPeer } from './python.js';

const SIDE = 224;

/** A child process with a network's weights, of the layers that `taps` need, and what else is given. */
interface TorchNetwork {
  script: string;
  model: Model;
  taps: readonly string[];
  /** Side of the picture. */
  side: number;
  batch: number;
  tensors: Record<string, [data: Float32Array, shape: number[]]>;
  message: Record<string, unknown>;
}

export async function torchNetwork(
  { script, model, taps, side, batch, tensors: given, message }: TorchNetwork,
  say: (text: string) => void,
): Promise<Impl | undefined> {
  const torch = await PythonPeer.start(join(ROOT, 'bench/peers', script), say);
  if (!torch) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'curvesae-torch-'));
  const { layers, sizes, tensors, save } = networkFiles(model, taps, side, folder);
  for (const [name, [data, shape]] of Object.entries(given)) save(name, data, shape);
  const id = 'network';
  const { form } = await torch.ask({
    ...{ do: 'setup', id, layers, tap: taps[0], tensors, ...message },
    shapes: Object.fromEntries(sizes),
  });
  return {
    impl: 'pytorch',
    ...{ version: torch.version, build: `cpu, ${form}`, threads: 1, batch },
    run: () => torch.ask({ do: 'run', id }),
    output: async () => {
      const file = join(folder, 'output');
      await torch.ask({ do: 'output', id, file });
      const bytes = readFileSync(file);
      return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
    },
    dispose: () => {
      torch.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The whole batch in one pass, one thread. `start`: the gradient by the tap, [H][W][C]; then there and back, `weights` of these layers included. */
export function torchForward(
  { model, taps, batch }: ForwardCase,
  prepared: readonly ArrayLike<number>[],
  say: (text: string) => void,
  start?: Float32Array,
  weights: readonly string[] = [],
): Promise<Impl | undefined> {
  const input = new Float32Array(batch * SIDE * SIDE * 3);
  for (const [i, image] of prepared.entries()) input.set(image, i * SIDE * SIDE * 3);
  const tensors: TorchNetwork['tensors'] = { input: [input, [batch, SIDE, SIDE, 3]] };
  const [height, width, channels] = tapInfo(model.description, taps[0]).shape;
  if (start) tensors.start = [start, [batch, height, width, channels]];
  return torchNetwork(
    { script: 'torch_forward.py', model, taps, side: SIDE, batch, tensors, message: { weights } },
    say,
  );
}

/** Steps of a picture from where ours begins. */
export function torchPicture(
  { model, start }: PictureCase,
  say: (text: string) => void,
): Promise<Impl | undefined> {
  const { tap, channel, steps, options } = PICTURE;
  const { size, rate } = options;
  const window = windowOf(size);
  const info = tapInfo(model.description, tap, window, window);
  const place = middle(info, window);
  const shape = [size, size / 2 + 1, 4];
  const [re, im] = start.pictures[0].tensors;
  const unit = [channel, Math.floor(place / info.width), place % info.width];
  return torchNetwork(
    {
      ...{ script: 'torch_picture.py', model, taps: [tap], side: window, batch: 1 },
      ...{ tensors: { re: [re, shape], im: [im, shape] }, message: { unit, size, window, rate, steps } },
    },
    say,
  );
}
