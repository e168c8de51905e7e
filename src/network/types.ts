// A network is data (models/*.ts): inputs, and a list of layers over named tensors. One engine
// runs every description. All tensors are NHWC, f32;
// of a text, one row of T tokens, [T,C].
import type { Input, Layer } from './ops/index.js';
import type { Parameters } from './ops/op.js';

export type { AffineLayer } from './ops/affine.js';
export type { AttentionLayer } from './ops/attention.js';
export type { AvgpoolLayer } from './ops/avgpool.js';
export type { ConcatLayer } from './ops/concat.js';
export type { ConvLayer } from './ops/conv.js';
export type { EmbedLayer } from './ops/embed.js';
export type { GeluLayer } from './ops/gelu.js';
export type { ImageInput } from './ops/image.js';
export type { Input, Layer } from './ops/index.js';
export type { LayernormLayer } from './ops/layernorm.js';
export type { LinearLayer } from './ops/linear.js';
export type { LrnLayer } from './ops/lrn.js';
export type { MaxpoolLayer } from './ops/maxpool.js';
export type { Parameters } from './ops/op.js';
export type { SoftmaxLayer } from './ops/softmax.js';
export type { SumLayer } from './ops/sum.js';
export type { TensorInput } from './ops/tensor.js';
export type { TokensInput } from './ops/tokens.js';
export type { Padding } from './ops/window.js';

/** Plain data: it survives JSON and structured cloning. */
export interface NetworkDescription {
  /** Name of the architecture: part of what a stored activation, SAE or result says of its network. */
  architecture: string;
  /** What is given, in what form: pictures with their preprocessing, or tensors as they are. */
  inputs: Input[];
  /** In order of computation; each makes the tensor `out`, which is a tap. */
  layers: Layer[];
  /** Of a network that classifies. */
  classes?: number;
}

export interface Model {
  /** `embedded`, `googlenet`, a file's stem ... */
  name: string;
  description: NetworkDescription;
  parameters: Parameters;
  /** Of the weights file, or of the generated parameters. */
  sha256: string;
  /** Class names where known. */
  classes?: string[];
  /** The last tap whose parameters are present: the embedded network stops at `mixed3b`. */
  lastTap: string;
}

/** Geometry of a tap for one input size. Centre of unit i: stride * i + centre (METHODS 1.6). */
export interface TapInfo {
  name: string;
  /** [H,W,C], [T,C] of a text, or [C] of a vector. */
  shape: number[];
  channels: number;
  /** 1 of a vector. */
  height: number;
  width: number;
  stride: number;
  /** Input pixel on which the receptive field of index 0 is centred. */
  centre: number;
  /** Side of the receptive field in input pixels. */
  field: number;
}

/** What a network is given: the values of its one input, or those of each by name. */
export type Given = Float32Array | Readonly<Record<string, Float32Array>>;

/** How a way back is gone. */
export interface BackwardCall {
  redirect?: boolean;
  /** Arrays for results, by name, that are written in place of new ones: for loops that go back often. */
  into?: Readonly<Record<string, Float32Array>>;
}

/** A network on one input size with its memory. */
export interface Session {
  /** Of the picture, or of the first input. */
  readonly height: number;
  readonly width: number;
  /**
   * Computes all kept taps. A picture is RGB, 0..255, f32, [H][W][3], whatever the network's own order:
   * preprocessing happens inside; a tensor is taken as it is, row-major. A network of one input takes the
   * values alone; one of several takes an object by name, `{ image, text }`, with at least those inputs that the kept taps need.
   *
   * @throws UsageError a wrong number of values, a missing or unknown input; InputError NaN or infinite values.
   */
  run(given: Given): void;
  /**
   * After run(): puts `values` (of the tap's shape, row-major) in place of the tap named as `splice` at creation
   * and computes again what depends on it, and only that. With the tap's own values, the
   * bits of run(). As often as wanted; other taps keep the values of run(). Of a text: of the tokens of that run; with a
   * cache, runs that go on after it go on from the last values.
   */
  runSpliced(values: Float32Array): void;
  /**
   * After run(), as often as wanted: from the gradient of an objective by taps (those named as `backward.from` at
   * creation; of the tap's shape, row-major, zero where not given) to that by each name of `backward.to`, of its
   * shape; by a picture, [H][W][3] in RGB by values of 0..255. A branch and its concat are the same values and
   * have the same gradient. Of each layer of `backward.weights` the gradients by its parameters besides, `<layer>.weight` and
   * `<layer>.bias`, laid out as these. `redirect`: ReLUs that nothing gets
   * through pass what pushes them up (Lucid's redirected ReLU), for objectives that begin dead.
   *
   * @throws UsageError a name that was not asked for, a wrong number of values; NumericError NaN or infinite ones.
   */
  backward(given: Readonly<Record<string, Float32Array>>, call?: BackwardCall): Record<string, Float32Array>;
  /**
   * Copy of a tap that was named at creation, [H][W][C] or [C] without padding. `into`: written to and returned in place of a new
   * array, which spares memory that is read once.
   *
   * @throws UsageError a name that was not asked for; `into` has another length.
   */
  tap(name: string, into?: Float32Array): Float32Array;
  info(name: string): TapInfo;
  /** Tokens that the next run goes on from: those of earlier runs, in a session with a cache; 0 in any other. */
  readonly past: number;
  /** In a session with a cache: the next run goes on after the first `tokens` ones. UsageError: more than there are. */
  rewind(tokens?: number): void;
  dispose(): void;
}
