// Elementary functions with the same bits on every engine (assembly/math/f64.ts).
// JS Math.sin, exp ... differ between engines and never appear in a numeric path.
import type { Kernels } from './kernels.js';

export interface CoreMath {
  exp(x: number): number;
  expm1(x: number): number;
  log(x: number): number;
  log1p(x: number): number;
  pow(x: number, y: number): number;
  sin(x: number): number;
  cos(x: number): number;
  tan(x: number): number;
  tanh(x: number): number;
  atan2(y: number, x: number): number;
  /** sqrt is exact in IEEE 754, so JS's own is used. */
  sqrt(x: number): number;
}

export function coreMath(k: Kernels): CoreMath {
  return {
    exp: k.f64_exp,
    expm1: k.f64_expm1,
    log: k.f64_log,
    log1p: k.f64_log1p,
    pow: k.f64_pow,
    sin: k.f64_sin,
    cos: k.f64_cos,
    tan: k.f64_tan,
    tanh: k.f64_tanh,
    atan2: k.f64_atan2,
    sqrt: Math.sqrt,
  };
}
