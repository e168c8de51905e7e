// Public API of curvesae.
export { Core } from './core/core.js';
export { type Engine, type EngineInfo, type InitOptions, init } from './core/engine.js';
export * from './core/errors.js';
export { type Build, supportedBuilds } from './core/features.js';
export type { CoreMath } from './core/math.js';
export { Rng } from './core/random.js';
export {
  ARCHITECTURES,
  description,
  type ModelOptions,
  modelFromTensors,
  type NamedTensor,
  parameterShapes,
} from './network/load.js';
export { createSession, type SessionOptions } from './network/session.js';
export { parseUnit, tapChannels, tapInfo, taps, type Unit } from './network/taps.js';
export type * from './network/types.js';
