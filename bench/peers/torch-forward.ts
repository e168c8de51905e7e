// PyTorch's forward pass: the network's description and weights go to torch_forward.py.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ForwardCase } from '../../src/bench/forward.js';
import type { Impl } from '../../src/bench/types.js';
import { shapes } from '../../src/network/geometry.js';
import { neededLayers } from '../../src/network/taps.js';
import { ROOT } from '../../test/support/paths.js';
import { TorchPeer } from './torch.js';

const SIDE = 224;

/** One child process per work; the whole batch in one pass, one thread. `start`: the gradient by the tap, [H][W][C]; then there and back. */
export async function torchForward(
  { model, taps, batch }: ForwardCase,
  prepared: readonly ArrayLike<number>[],
  say: (text: string) => void,
  start?: Float32Array,
): Promise<Impl | undefined> {
  const torch = await TorchPeer.start(join(ROOT, 'bench/peers/torch_forward.py'), say);
  if (!torch) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'curvesae-torch-'));
  const layers = neededLayers(model.description, taps);
  const sizes = shapes(model.description, layers, SIDE, SIDE);
  const tensors: Record<string, [string, number[]]> = {};
  const save = (name: string, data: Float32Array, shape: number[]): void => {
    const file = join(folder, name);
    writeFileSync(file, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    tensors[name] = [file, shape];
  };
  for (const layer of layers) {
    if (layer.op !== 'conv' && layer.op !== 'linear') continue;
    const { weight, bias } = model.parameters.get(layer.out)!;
    const cin = sizes.get(layer.in)!.channels;
    const side = layer.op === 'conv' ? [layer.size, layer.size] : [];
    save(`${layer.out}.weight`, weight, [bias.length, cin, ...side]);
    save(`${layer.out}.bias`, bias, [bias.length]);
  }
  const input = new Float32Array(batch * SIDE * SIDE * 3);
  for (const [i, image] of prepared.entries()) input.set(image, i * SIDE * SIDE * 3);
  save('input', input, [batch, SIDE, SIDE, 3]);
  if (start) {
    const { height, width, channels } = sizes.get(taps[0])!;
    save('start', start, [batch, height, width, channels]);
  }
  const id = 'forward';
  const { form } = await torch.ask({
    ...{ do: 'setup', id, layers, tap: taps[0], tensors },
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
