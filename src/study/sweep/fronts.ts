// What a sweep shows: SAEs that no other beats, and how sparse each architecture is at equal fidelity.

/** What is compared of an SAE; undefined where it was not trained. */
export interface Compared {
  name: string;
  architecture: string;
  l0?: number;
  fvu?: number;
}

/**
 * Rows that no other row beats: none has an L0 at most as large and a value at least as good, one
 * of them better. The mean of the data is a row, too: no latents, FVU 1.
 */
export function paretoFront<T extends Compared>(
  rows: readonly T[],
  value: (row: T) => number | undefined,
): Set<string> {
  const points = rows.flatMap((row) => {
    const v = value(row);
    return row.l0 === undefined || v === undefined || row.fvu! >= 1
      ? []
      : [{ name: row.name, l0: row.l0, v }];
  });
  return new Set(
    points
      .filter((a) => !points.some((b) => b.l0 <= a.l0 && b.v <= a.v && (b.l0 < a.l0 || b.v < a.v)))
      .map((p) => p.name),
  );
}

/** Levels of fidelity at which sparsity is compared. */
const FVU_LEVELS = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5];

export interface EqualFidelity {
  fvu: number;
  /** By architecture; null where its SAEs do not reach from one side of `fvu` to the other. */
  l0: Record<string, number | null>;
}

/** How many latents each architecture needs for the same FVU, at the levels that two of them cover. */
export function equalFidelity(
  rows: readonly Compared[],
  math: { log(x: number): number; exp(x: number): number },
): EqualFidelity[] {
  const archs = [...new Set(rows.map((r) => r.architecture))];
  return FVU_LEVELS.map((fvu) => ({
    fvu,
    l0: Object.fromEntries(archs.map((name) => [name, l0At(rows, name, fvu, math) ?? null])),
  })).filter(({ l0 }) => Object.values(l0).filter((v) => v !== null).length >= 2);
}

/**
 * L0 at which `name` reaches `fvu`, by linear interpolation of log L0 over log FVU between
 * neighbouring SAEs of its own front (what has not converged is on none); undefined outside
 * of what it covers.
 */
export function l0At(
  rows: readonly Compared[],
  name: string,
  fvu: number,
  math: { log(x: number): number; exp(x: number): number },
): number | undefined {
  const all = rows.filter((r) => r.architecture === name && r.l0! > 0 && r.fvu! > 0);
  const front = paretoFront(all, (r) => r.fvu);
  const own = all.filter((r) => front.has(r.name)).sort((a, b) => a.fvu! - b.fvu!);
  for (let i = 0; i + 1 < own.length; i++) {
    const [a, b] = [own[i], own[i + 1]];
    if (a.fvu! <= fvu && fvu <= b.fvu!) {
      const span = math.log(b.fvu! / a.fvu!);
      const share = span > 0 ? math.log(fvu / a.fvu!) / span : 0;
      return math.exp(math.log(a.l0!) + share * math.log(b.l0! / a.l0!));
    }
  }
  return undefined;
}
