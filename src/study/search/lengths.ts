// Products and lengths of single vectors, summed in f64 in order.

export function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

export const lengthOf = (v: Float32Array): number => Math.sqrt(dot(v, v));

/** `v` made as long as `length`, in place; zeros stay. */
export function toLength(v: Float32Array, length: number): void {
  const own = lengthOf(v);
  if (own > 0) for (let j = 0; j < v.length; j++) v[j] *= length / own;
}

/** cos(a, b): 1 where nothing changed; 0 where either is zero. */
export function cosine(a: Float32Array, b: Float32Array): number {
  const lengths = lengthOf(a) * lengthOf(b);
  return lengths > 0 ? dot(a, b) / lengths : 0;
}
