// Numbers as pages show them.

/** Three digits, two below 0.01, whole from 1000 on. */
export function short(v: number): string {
  if (v === 0) return '0';
  const a = Math.abs(v);
  if (a >= 1000) return Math.round(v).toString();
  return Number(v.toPrecision(a < 0.01 ? 2 : 3)).toString();
}

/** With the sign of what grows. */
export const signed = (v: number): string => `${v > 0 ? '+' : ''}${short(v)}`;
