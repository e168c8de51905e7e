// A network for a peer in another process: the layers that some taps need, and their weights in files of a folder.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { shapes } from '../../src/network/geometry.js';
import { neededLayers } from '../../src/network/taps.js';
import type { Model } from '../../src/network/types.js';

/** `tensors`: by name, the file of its f32 and its shape; save() adds one. */
export function networkFiles(model: Model, taps: readonly string[], side: number, folder: string) {
  const layers = neededLayers(model.description, taps);
  const sizes = shapes(model.description, layers, side, side);
  const tensors: Record<string, [file: string, shape: number[]]> = {};
  const save = (name: string, data: Float32Array, shape: number[]): void => {
    const file = join(folder, name);
    writeFileSync(file, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    tensors[name] = [file, shape];
  };
  for (const layer of layers) {
    if (layer.op !== 'conv' && layer.op !== 'linear') continue;
    const { weight, bias } = model.parameters.get(layer.out)!;
    const cin = sizes.get(layer.in)!.channels;
    const window = layer.op === 'conv' ? [layer.size, layer.size] : [];
    save(`${layer.out}.weight`, weight, [bias.length, cin, ...window]);
    save(`${layer.out}.bias`, bias, [bias.length]);
  }
  return { layers, sizes, tensors, save };
}
