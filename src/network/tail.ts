// The part of a network behind a tap, as a network of its own whose input is that tap: what an intervention runs
// on, again and again, without computing what lies before it.
import { UsageError } from '../core/errors.js';
import { shapes } from './geometry.js';
import { inputsOf, opOf } from './ops/index.js';
import { baseOf, checkTap, dependentLayers, isPreRelu, neededLayers, tapChannels } from './taps.js';
import type { Model, NetworkDescription } from './types.js';

/** Where a tap lies in the tensor that a tail begins with: that tensor itself, or some channels of it. */
export interface Cut {
  /** The tensor: the tap, or the concat that it is a branch of. */
  input: string;
  /** First channel of the tap in it, and how many there are. */
  from: number;
  channels: number;
  /** Channels of the tensor. */
  width: number;
}

export interface Tail {
  model: Model;
  cut: Cut;
}

/** The concat that has the tap as a branch and is its only reader; undefined: it is read as it is. */
function concatOf(
  { layers }: NetworkDescription,
  tap: string,
): { out: string; branches: string[] } | undefined {
  const readers = layers.filter((layer) => inputsOf(layer).includes(tap));
  if (readers.length !== 1) return undefined;
  const branches = opOf(readers[0]).branches?.(readers[0]);
  return branches && { out: readers[0].out, branches: [...branches] };
}

/** The tensor to begin with. UsageError: an unknown tap, or one before its ReLU. */
export function cutAt(description: NetworkDescription, tap: string): Cut {
  checkTap(description, tap);
  if (isPreRelu(tap))
    throw new UsageError(
      `tap '${tap}' lies before its ReLU, where nothing can be put in its place; take '${baseOf(tap)}'`,
    );
  const channels = tapChannels(description, tap);
  const whole = concatOf(description, tap);
  if (!whole) return { input: tap, from: 0, channels, width: channels };
  const before = whole.branches.slice(0, whole.branches.indexOf(tap));
  const from = before.reduce((n, name) => n + tapChannels(description, name), 0);
  return { input: whole.out, from, channels, width: tapChannels(description, whole.out) };
}

/**
 * The layers from `tap` to `read`, for pictures of height x width. UsageError: a tap whose values do not reach `read`,
 * or past which something else reaches it: a bottleneck beside the other branches of its block.
 */
export function tailOf(model: Model, tap: string, read: string, height?: number, width?: number): Tail {
  const { description } = model;
  const cut = cutAt(description, tap);
  checkTap(description, read);
  const needed = neededLayers(description, [baseOf(read)]);
  const layers = dependentLayers(description, cut.input, needed);
  const made = new Set([cut.input, ...layers.map(({ out }) => out)]);
  const beside = layers.flatMap(inputsOf).find((name) => !made.has(name));
  if (beside !== undefined)
    throw new UsageError(
      `${read} needs ${beside} as well as ${tap}, which is no whole way; take the block that both end in, or a branch of it`,
    );
  const { dims } = shapes(description, needed, height, width).get(cut.input)!;
  return {
    cut,
    model: {
      ...model,
      lastTap: baseOf(read),
      description: {
        architecture: `${description.architecture} from ${cut.input}`,
        inputs: [{ op: 'tensor', out: cut.input, shape: [...dims] }],
        layers,
        classes: description.classes,
      },
    },
  };
}
