// The worker of the live page: the core of this package, fetched beside the page.

import { type Engine, init } from '../../core/engine.js';
import { errorData, InputError } from '../../core/errors.js';
import { supportedBuilds } from '../../core/features.js';
import { sha256 } from '../../core/hash.js';
import { download } from '../../formats/download.js';
import { parseSafetensors, type Tensor } from '../../formats/safetensors.js';
import { decodeImage } from '../../images/decode.web.js';
import {
  BEHIND_FILE,
  CLASSES_FILE,
  type ExplorerIndex,
  MODEL_FILE,
  SAE_FILE,
} from '../../study/facts/format.js';
import { SEAL_FILE, type Seal } from '../../study/facts/seal.js';
import { LiveNetwork } from '../live.js';
import { LiveEffects } from '../live-effects.js';
import type { CallName, Calls, PictureSource, Request } from './protocol.js';

interface Opened {
  data: string;
  index: ExplorerIndex;
  engine: Engine;
  seal: Seal | undefined;
  weights: Map<string, Tensor>;
  sae: Map<string, Tensor> | undefined;
}

let opened: Opened | undefined;
let network: LiveNetwork | undefined;
let effects: LiveEffects | undefined;

const live = (): LiveNetwork => {
  if (!network) throw new InputError('the network is not open');
  return network;
};

/** Above the weights of any network and autoencoder that a tab could hold. */
const MAX_BYTES = 1 << 30;

const bytesOf = (url: string): Promise<Uint8Array<ArrayBuffer>> =>
  download(url, { maxBytes: MAX_BYTES, advice: 'is the explorer still running, and its data whole?' });

/** Weights, with the digest that they were written with. */
async function weightsOf(data: string, file: string, seal: Seal | undefined) {
  const bytes = await bytesOf(`${data}/${file}`);
  if (seal && seal.files[file] !== (await sha256(bytes)))
    throw new InputError(`${data}/${file}: not as it was written (other SHA-256); export the explorer again`);
  return parseSafetensors(bytes, file).tensors;
}

/** Undefined where the browser makes no digests: pages that come by http from another machine. */
async function sealOf(data: string): Promise<Seal | undefined> {
  if (!globalThis.crypto?.subtle) return undefined;
  const bytes = await bytesOf(`${data}/${SEAL_FILE}`);
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Seal;
  } catch (cause) {
    throw new InputError(`${data}/${SEAL_FILE}: not valid JSON; export the explorer again`, { cause });
  }
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
    effects?.dispose();
    network = effects = undefined;
    const seal = await sealOf(data);
    const weights = await weightsOf(data, MODEL_FILE, seal);
    const sae = index.sae && (await weightsOf(data, SAE_FILE, seal));
    network = new LiveNetwork(e, index, weights, sae);
    opened = { data, index, engine: e, seal, weights, sae };
    const { size, apex } = network.placement;
    return { size, apex, build: e.info().build };
  },
  curve: async (curve) => live().curve(curve),
  drawing: async ({ grey }) => live().drawing(grey),
  sweep: async ({ curves, units }) => live().sweep(curves, units),
  async picture({ source, units }) {
    const answer = live().picture(await pixelsOf(source));
    return { ...answer, maps: live().maps(units) };
  },
  maps: async ({ units }) => live().maps(units),
  paint: async (request) => live().paint(request),
  async behind({ classes }) {
    if (!opened) throw new InputError('the network is not open');
    const { data, index, engine, seal, weights, sae } = opened;
    const rest = await weightsOf(data, BEHIND_FILE, seal);
    const names = classes
      ? (JSON.parse(new TextDecoder().decode(await bytesOf(`${data}/${CLASSES_FILE}`))) as string[])
      : undefined;
    effects = new LiveEffects(engine, index, new Map([...weights, ...rest]), sae, names);
  },
  async effect({ picture, ...request }) {
    if (!effects) throw new InputError('the whole network is not open');
    return effects.effect(await pixelsOf({ kind: 'address', url: picture }), request);
  },
};

self.onmessage = async ({ data }: MessageEvent<Request>) => {
  try {
    const give = await CALLS[data.call](data.take as never);
    self.postMessage({ id: data.id, give });
  } catch (error) {
    self.postMessage({ id: data.id, error: errorData(error) });
  }
};
