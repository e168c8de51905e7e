// The worker of the live page: the core of this package, fetched beside the page.
import {
  decodeImage,
  type Engine,
  errorData,
  InputError,
  init,
  parseSafetensors,
  supportedBuilds,
} from '../../index.js';
import { MODEL_FILE, SAE_FILE } from '../format.js';
import { LiveNetwork } from '../live.js';
import type { CallName, Calls, PictureSource, Request } from './protocol.js';

let network: LiveNetwork | undefined;

const live = (): LiveNetwork => {
  if (!network) throw new InputError('the network is not open');
  return network;
};

async function bytesOf(url: string): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url);
  if (!response.ok) throw new InputError(`${url}: not there (HTTP ${response.status})`);
  return new Uint8Array(await response.arrayBuffer());
}

async function pixelsOf(source: PictureSource) {
  if (source.kind === 'file') return decodeImage(new Uint8Array(source.bytes), source.name);
  if (source.kind === 'address') return decodeImage(await bytesOf(source.url), source.url);
  const rgba = new Uint8Array(source.rgba);
  const data = new Uint8Array(3 * source.width * source.height);
  for (let i = 0; i < source.width * source.height; i++)
    for (let c = 0; c < 3; c++) data[3 * i + c] = rgba[4 * i + c];
  return { width: source.width, height: source.height, data };
}

let engine: Promise<Engine> | undefined;

const CALLS: { [C in CallName]: (take: Calls[C]['take']) => Promise<Calls[C]['give']> } = {
  async open({ data, core, index }) {
    const build = supportedBuilds().simd ? 'simd' : 'scalar';
    engine ??= init({ wasm: `${core}/${build}.wasm`, workers: 0 });
    const e = await engine;
    network?.dispose();
    network = undefined;
    const model = await bytesOf(`${data}/${MODEL_FILE}`);
    const sae = index.sae && (await bytesOf(`${data}/${SAE_FILE}`));
    network = new LiveNetwork(
      e,
      index,
      parseSafetensors(model, MODEL_FILE).tensors,
      sae && parseSafetensors(sae, SAE_FILE).tensors,
    );
    return { size: network.placement.size, build: e.info().build };
  },
  curve: async (curve) => live().curve(curve),
  drawing: async ({ grey }) => live().drawing(grey),
  sweep: async ({ curves, units }) => live().sweep(curves, units),
  async picture({ source, units }) {
    const answer = live().picture(await pixelsOf(source));
    return { ...answer, maps: live().maps(units) };
  },
  maps: async ({ units }) => live().maps(units),
};

self.onmessage = async ({ data }: MessageEvent<Request>) => {
  try {
    const give = await CALLS[data.call](data.take as never);
    self.postMessage({ id: data.id, give });
  } catch (error) {
    self.postMessage({ id: data.id, error: errorData(error) });
  }
};
