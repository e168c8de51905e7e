// A network is data (models/*.ts): a list of layers over named tensors. One engine
// runs every description. All tensors are NHWC, f32.

export type Padding =
  | { rule: 'same' } // TensorFlow SAME, asymmetric at stride 2
  | { rule: 'valid' }
  | { rule: 'explicit'; pad: number } // zeros (convolution) on every side, floor output size
  | { rule: 'caffe'; pad: number }; // pools: ceil output size, windows clipped to the image

export type Layer =
  | { op: 'conv'; out: string; in: string; size: number; stride: number; filters: number; padding: Padding } // + ReLU
  | { op: 'maxpool'; out: string; in: string; size: number; stride: number; padding: Padding }
  | { op: 'avgpool'; out: string; in: string; size: number; stride: number; padding: Padding }
  | { op: 'lrn'; out: string; in: string; radius: number; bias: number; alpha: number; beta: number } // alpha multiplies the SUM
  | { op: 'concat'; out: string; in: string[] }
  | { op: 'linear'; out: string; in: string; units: number } // no ReLU
  | { op: 'softmax'; out: string; in: string };

export interface NetworkDescription {
  architecture: 'inceptionv1' | 'googlenet';
  /** Native input height and width. */
  size: number;
  /** Order of the input channels that the weights expect. */
  channels: 'rgb' | 'bgr';
  /** Subtracted from the 0..255 value of each channel, in the order of `channels`. */
  mean: [number, number, number];
  classes: number;
  /** Post-ReLU tensors by Lucid's names, in order of computation. */
  layers: Layer[];
}

/** Parameters by tap name of the convolution (`mixed3a_3x3`) or `logits`. */
export type Parameters = Map<string, { weight: Float32Array /* OIHW or [out,in] */; bias: Float32Array }>;

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
  channels: number;
  height: number;
  width: number;
  stride: number;
  /** Input pixel on which the receptive field of index 0 is centred. */
  centre: number;
  /** Side of the receptive field in input pixels. */
  field: number;
}

/** A network on one input size with its memory. */
export interface Session {
  readonly height: number;
  readonly width: number;
  /** Input: RGB, 0..255, f32, [H][W][3], whatever the network's own order; preprocessing happens inside. */
  run(image: Float32Array): void;
  /**
   * After run(): puts `values` [H][W][C] in place of the tap named as `splice` at creation
   * and computes again what depends on it, and only that. With the tap's own values, the
   * bits of run(). As often as wanted; other taps keep the values of run().
   */
  runSpliced(values: Float32Array): void;
  /** Copy of a tap that was named at creation, [H][W][C] without padding. */
  tap(name: string): Float32Array;
  info(name: string): TapInfo;
  dispose(): void;
}
