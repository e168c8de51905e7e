// Padding: every tensor lies in memory with the zeros around it that its readers want, so that
// no kernel asks whether a pixel is inside.
import { inputsOf, opOf } from './ops/index.js';
import type { BaseLayer, Border, Shape } from './ops/op.js';

/** Borders by name of the tensor; none where no reader wants one. */
export function bordersOf(
  layers: readonly BaseLayer[],
  shapes: ReadonlyMap<string, Shape>,
): Map<string, Border> {
  const borders = new Map<string, Border>();
  for (const layer of layers) {
    const op = opOf(layer);
    if (!op.border) continue;
    const [name] = inputsOf(layer);
    const own = op.border(layer, shapes.get(name)!, shapes.get(layer.out)!);
    const have = borders.get(name);
    borders.set(name, have ? around(have, own) : own);
  }
  return borders;
}

/** The smallest border that holds both: their tensors coincide, so the shorter `before` grows. */
function around(a: Border, b: Border): Border {
  const before = Math.max(a.before, b.before);
  const reach = (x: Border, side: 'rows' | 'columns'): number => x[side] + before - x.before;
  return {
    before,
    rows: Math.max(reach(a, 'rows'), reach(b, 'rows')),
    columns: Math.max(reach(a, 'columns'), reach(b, 'columns')),
  };
}
