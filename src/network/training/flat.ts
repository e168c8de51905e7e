// All parameters of a network in one array, in the order of its layers, weight before bias: what an optimiser steps, a
// checkpoint keeps and slices of a batch are summed in.
import { parameterShapes } from '../geometry.js';
import type { NetworkDescription, Parameters } from '../types.js';

/** Where one array of parameters lies. */
export interface Slot {
  layer: string;
  part: 'weight' | 'bias';
  start: number;
  shape: number[];
  length: number;
}

export interface FlatLayout {
  slots: readonly Slot[];
  /** Values, rounded up to fours with zeros at the end. */
  size: number;
}

export function flatLayout(description: NetworkDescription): FlatLayout {
  const slots: Slot[] = [];
  let start = 0;
  for (const [layer, shapes] of parameterShapes(description))
    for (const part of ['weight', 'bias'] as const) {
      const shape = shapes[part];
      const length = shape.reduce((a, b) => a * b);
      slots.push({ layer, part, start, shape, length });
      start += length;
    }
  return { slots, size: Math.ceil(start / 4) * 4 };
}

/** Views into `flat`, as a session takes them. */
export function parametersIn({ slots }: FlatLayout, flat: Float32Array): Parameters {
  const parameters: Parameters = new Map();
  for (const { layer, part, start, length } of slots) {
    const own = parameters.get(layer) ?? { weight: new Float32Array(0), bias: new Float32Array(0) };
    own[part] = flat.subarray(start, start + length);
    parameters.set(layer, own);
  }
  return parameters;
}

/** A copy in one array. */
export function flattened({ slots, size }: FlatLayout, parameters: Parameters): Float32Array<ArrayBuffer> {
  const flat = new Float32Array(size);
  for (const { layer, part, start } of slots) flat.set(parameters.get(layer)![part], start);
  return flat;
}
