// Whether a description makes sense: one clear error before anything is computed from it.
import { UsageError, unknownName } from '../core/errors.js';
import { inputOpOf, inputsOf, opOf } from './ops/index.js';
import type { BaseInput, BaseLayer, Neighbours, Shape } from './ops/op.js';
import type { NetworkDescription } from './types.js';

/** Ends the name of a tap before its ReLU. */
export const PRE = '_pre_relu';

const checked = new WeakSet<NetworkDescription>();

/**
 * UsageError, naming architecture and layer: an unknown operation, a tensor that nothing makes or two
 * layers make, names that taps cannot have, and what an operation finds wrong with its layer.
 */
export function checkDescription(description: NetworkDescription): void {
  if (checked.has(description)) return;
  const { architecture, inputs, layers } = description;
  const fail = ({ op, out }: BaseInput, what: string): never => {
    throw new UsageError(`${architecture}, ${op} '${out}': ${what}`);
  };
  const shapes = new Map<string, Shape>();
  const neighbours = neighboursIn(description);
  const add = (maker: BaseInput, shape: Shape): void => {
    if (typeof maker.out !== 'string' || !/^[^:\s]+$/.test(maker.out) || maker.out.endsWith(PRE))
      fail(maker, `a tensor's name has no colons and spaces and does not end in ${PRE}`);
    if (shapes.has(maker.out)) fail(maker, 'this name is taken by an earlier one; choose another');
    if (shape.height < 1 || shape.width < 1) fail(maker, `leaves nothing of its input: [${shape.dims}]`);
    shapes.set(maker.out, shape);
  };
  if (!inputs?.length)
    throw new UsageError(`${architecture}: has no inputs; a description names at least one`);
  for (const input of inputs) {
    const op = inputOpOf(input);
    const wrong = op.check?.(input);
    if (wrong) fail(input, wrong);
    add(input, op.shape(input, {}));
  }
  for (const layer of layers) {
    const op = opOf(layer);
    const from = (inputsOf(layer) ?? []).map((name) => {
      if (!shapes.has(name))
        throw unknownName(`tensor that '${layer.out}' of ${architecture} reads`, name, shapes.keys());
      return shapes.get(name)!;
    });
    if (!from.length) fail(layer, 'reads nothing; name a tensor as `in`');
    const wrong = op.check?.(layer, from, neighbours);
    if (wrong) fail(layer, wrong);
    add(layer, op.shape(layer, from));
  }
  checked.add(description);
}

function neighboursIn({ inputs, layers }: NetworkDescription): Neighbours {
  const makers = new Map<string, { op: string; isInput: boolean }>();
  for (const { out, op } of layers) makers.set(out, { op, isInput: false });
  for (const { out, op } of inputs ?? []) makers.set(out, { op, isInput: true });
  const all: readonly BaseLayer[] = layers;
  return {
    maker: (name) => makers.get(name)!,
    readers: (name) => all.flatMap((l) => (inputsOf(l).includes(name) ? [l.op] : [])),
  };
}
