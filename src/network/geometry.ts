// Sizes: what each layer makes of its inputs.
import { InputError, UsageError } from '../core/errors.js';
import { checkDescription } from './check.js';
import { inputOpOf, inputsOf, opOf } from './ops/index.js';
import type { ParameterShapes, Shape } from './ops/op.js';
import type { Layer, Model, NetworkDescription } from './types.js';

/**
 * Shapes of the inputs and of every layer of `layers` (in order of computation, with all that
 * they read). Height and width are those of pictures; their native ones where left out.
 *
 * @throws UsageError a bad description, a picture too small for a layer, or of another size than one can do with.
 */
export function shapes(
  description: NetworkDescription,
  layers: readonly Layer[],
  height?: number,
  width?: number,
): Map<string, Shape> {
  checkDescription(description);
  const { architecture, inputs } = description;
  const asked = { height, width };
  const isAsked = height !== undefined || width !== undefined;
  const pictures = inputs.filter((input) => inputOpOf(input).isSized);
  if (isAsked && !pictures.length)
    throw new UsageError(`${architecture} takes no picture and no text: leave out height and width`);
  const all = new Map<string, Shape>();
  for (const input of inputs) all.set(input.out, inputOpOf(input).shape(input, asked));
  const other = pictures.find((input) => {
    const native = inputOpOf(input).shape(input, {});
    const { height: h, width: w } = all.get(input.out)!;
    return h !== native.height || w !== native.width;
  });
  for (const layer of layers) {
    const op = opOf(layer);
    if (op.native && other) {
      const native = inputOpOf(other).shape(other, {});
      const { height: h, width: w } = all.get(other.out)!;
      throw new UsageError(
        `tap '${layer.out}' needs an input of ${native.height}x${native.width} pixels, not ${h}x${w}`,
      );
    }
    const shape = op.shape(
      layer,
      inputsOf(layer).map((name) => all.get(name)!),
    );
    if (shape.height < 1 || shape.width < 1) {
      const { height: h, width: w } = all.get(pictures[0].out)!;
      throw new UsageError(
        `an input of ${h}x${w} pixels is too small for tap '${layer.out}'; use a larger one`,
      );
    }
    all.set(layer.out, shape);
  }
  return all;
}

/** Layers with parameters, in order, and the shapes that these have. */
export function parameterShapes(network: NetworkDescription): Map<string, ParameterShapes> {
  return parametersOf(network.layers, shapes(network, network.layers));
}

function parametersOf(
  layers: readonly Layer[],
  sizes: ReadonlyMap<string, Shape>,
): Map<string, ParameterShapes> {
  const all = new Map<string, ParameterShapes>();
  for (const layer of layers) {
    const [name] = inputsOf(layer);
    const own = opOf(layer).parameters?.(layer, sizes.get(name)!);
    if (own) all.set(layer.out, own);
  }
  return all;
}

/** InputError where the model lacks parameters of one of `layers`, of these sizes, or has another number of them. */
export function checkParameters(
  model: Model,
  layers: readonly Layer[],
  sizes: ReadonlyMap<string, Shape>,
): void {
  for (const [out, own] of parametersOf(layers, sizes)) {
    const have = model.parameters.get(out);
    if (!have) throw new InputError(`${model.name}: has no parameters for layer '${out}'`);
    for (const part of ['weight', 'bias'] as const) {
      const n = own[part].reduce((a, b) => a * b);
      if (have[part].length !== n)
        throw new InputError(
          `${model.name}: ${part} of '${out}' has ${have[part].length} values, must be [${own[part]}] = ${n}`,
        );
    }
  }
}
