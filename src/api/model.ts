// `model info` and `model convert`: what a weights file holds, and as our own safetensors.

import { encodeModel } from '../../models/convert.js';
import { UsageError } from '../core/errors.js';
import { imageInput } from '../network/ops/image.js';
import { tokensInput } from '../network/ops/tokens.js';
import { tapChannels, taps } from '../network/taps.js';
import { CALL_OPTIONS, type CallOptions, open } from './call.js';
import { checked, type Options } from './options.js';
import type { ModelSpec, Platform } from './platform.js';

const INFO_OPTIONS = {
  model: { kind: 'text', value: 'MODEL', help: 'the network', required: true, object: true },
} as const satisfies Options;

export interface ModelInfoCall extends CallOptions {
  model: ModelSpec;
}

export interface ModelInfo {
  name: string;
  architecture: string;
  /** Of the weights file, or of the generated parameters. */
  sha256: string;
  /** Numbers in all weights and biases. */
  parameters: number;
  /** Height and width of the input in pixels; null of a network that reads text. */
  inputSize: number | null;
  /** Most tokens that a network of text looks at; null of pictures. */
  context: number | null;
  classes: number;
  /** The last tap that its parameters reach. */
  lastTap: string;
  /** In order of computation. */
  taps: string[];
  /** Channels by tap: the width of its vectors. */
  widths: Record<string, number>;
}

export async function modelInfo(platform: Platform, options: ModelInfoCall): Promise<ModelInfo> {
  const o = checked('model.info', INFO_OPTIONS, options, CALL_OPTIONS);
  const { engine, signal } = await open(platform, options);
  const model = await platform.openModel(o.model, engine.math, { signal });
  let parameters = 0;
  for (const { weight, bias } of model.parameters.values()) parameters += weight.length + bias.length;
  const { architecture, classes = 0 } = model.description;
  const text = tokensInput(model.description);
  const all = taps(model.description);
  const reached = all.slice(0, all.indexOf(model.lastTap) + 1);
  return {
    name: model.name,
    architecture,
    sha256: model.sha256,
    parameters,
    inputSize: text ? null : imageInput(model.description).size,
    context: text?.context ?? null,
    classes,
    lastTap: model.lastTap,
    taps: reached,
    widths: Object.fromEntries(reached.map((tap) => [tap, tapChannels(model.description, tap)])),
  };
}

const CONVERT_OPTIONS = {
  model: { kind: 'text', value: 'IN', help: 'a weights file', required: true, object: true },
  out: { kind: 'text', value: 'OUT.safetensors', help: 'the file to write', required: true },
} as const satisfies Options;

export interface ModelConvertCall extends ModelInfoCall {
  /** `.safetensors` file to write. */
  out: string;
}

export interface ModelConvertReport {
  file: string;
  architecture: string;
  bytes: number;
}

export async function modelConvert(
  platform: Platform,
  options: ModelConvertCall,
): Promise<ModelConvertReport> {
  const o = checked('model.convert', CONVERT_OPTIONS, options, CALL_OPTIONS);
  if (!o.out.endsWith('.safetensors')) throw new UsageError(`${o.out}: model convert writes .safetensors`);
  const { engine, signal } = await open(platform, options);
  const model = await platform.openModel(o.model, engine.math, { signal });
  const bytes = encodeModel(model);
  const { storage, name } = await platform.fileIn(o.out);
  await storage.write(name, bytes);
  return { file: o.out, architecture: model.description.architecture, bytes: bytes.length };
}
