// A network as users name it, on the call's engine or the shared one.
import type { Model } from '../network/types.js';
import { type CallOptions, sharedEngine } from './call.js';
import type { FetchHooks, ModelSpec, Platform } from './platform.js';

export interface ModelOpening extends Pick<CallOptions, 'engine'>, FetchHooks {}

export async function openModelOn(
  platform: Platform,
  spec: ModelSpec,
  { engine, ...hooks }: ModelOpening,
): Promise<Model> {
  hooks.signal?.throwIfAborted();
  const { math } = engine ?? (await sharedEngine(platform));
  return platform.openModel(spec, math, hooks);
}
