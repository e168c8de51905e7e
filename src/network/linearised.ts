// A network taken as linear, whose gradients are its expanded weights (METHODS 5.5; Voss et al., Visualizing Weights, 2021):
// ReLUs let everything through, a max pool is a mean and a normalisation a factor, both times what each channel gains
// there on pictures. Biases stay: gradients do not see them.
import { UsageError } from '../core/errors.js';
import { opOf } from './ops/index.js';
import type { Layer, Model } from './types.js';

/** Layers whose linear form asks for gains: mean of `out` over mean of `in`, by channel. */
export const layersWithGain = (layers: readonly Layer[]): Layer[] =>
  layers.filter((layer) => opOf(layer).gains);

/** UsageError: a layer that has no linear form, or one without its gains. */
export function linearised(model: Model, gains: ReadonlyMap<string, Float32Array>): Model {
  const parameters = new Map(model.parameters);
  const layers = model.description.layers.map((layer) => {
    const form = opOf(layer).linear?.(layer, () => {
      const gain = gains.get(layer.out);
      if (!gain) throw new UsageError(`linearised: no gains of the ${layer.op} '${layer.out}'`);
      return gain;
    });
    if (!form) throw new UsageError(`linearised: the ${layer.op} '${layer.out}' has no linear form`);
    if (form.parameters) parameters.set(layer.out, form.parameters);
    return form.layer as Layer;
  });
  const description = {
    ...model.description,
    architecture: `${model.description.architecture}, linear`,
    layers,
  };
  return { ...model, description, parameters };
}
