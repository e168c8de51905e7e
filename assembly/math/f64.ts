// f64_*: elementary functions with one result on every engine. JS Math differs
// between engines in the last bits; these are AssemblyScript's portable ports of
// musl/FreeBSD msun, compiled into the module.

export function f64_exp(x: f64): f64 { return NativeMath.exp(x); }
export function f64_expm1(x: f64): f64 { return NativeMath.expm1(x); }
export function f64_log(x: f64): f64 { return NativeMath.log(x); }
export function f64_log1p(x: f64): f64 { return NativeMath.log1p(x); }
export function f64_pow(x: f64, y: f64): f64 { return NativeMath.pow(x, y); }
export function f64_sin(x: f64): f64 { return NativeMath.sin(x); }
export function f64_cos(x: f64): f64 { return NativeMath.cos(x); }
export function f64_tan(x: f64): f64 { return NativeMath.tan(x); }
export function f64_atan2(y: f64, x: f64): f64 { return NativeMath.atan2(y, x); }
export function f64_tanh(x: f64): f64 { return NativeMath.tanh(x); }
