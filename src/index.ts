// Public API of curvesae.
export { Core } from './core/core.js';
export { type Engine, type EngineInfo, type InitOptions, init } from './core/engine.js';
export * from './core/errors.js';
export { type Build, supportedBuilds } from './core/features.js';
export type { CoreMath } from './core/math.js';
export { Rng } from './core/random.js';
