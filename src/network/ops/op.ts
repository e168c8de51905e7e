// What the engine asks of an operation. Everything about one operation is in the file of its
// name; plan, session, taps and readers of weights know this interface and the table
// (index.ts), and no operation by name.
import type { Core } from '../../core/core.js';
import type { Block } from '../placement.js';

/** A layer of a description as the engine sees it: it makes the tensor `out` from `in`. */
export interface BaseLayer {
  op: string;
  out: string;
  in: string | readonly string[];
}

/** An input of a description: the tensor `out` is given. */
export interface BaseInput {
  op: string;
  out: string;
}

/** Of a tensor. In memory every tensor is height x width positions of `channels` values (NHWC). */
export interface Shape {
  /** As taps show it: [H,W,C], or [C] of a vector, which has height and width 1. */
  dims: readonly number[];
  height: number;
  width: number;
  channels: number;
  /** Rows (columns) of padding above (left of) the input of the layer that made it. */
  beforeY: number;
  beforeX: number;
}

/** Shape of a map [H,W,C]. */
export const mapShape = (
  height: number,
  width: number,
  channels: number,
  beforeY = 0,
  beforeX = 0,
): Shape => ({
  ...{ dims: [height, width, channels], height, width, channels, beforeY, beforeX },
});

/** Shape of a vector [C]. */
export const vectorShape = (channels: number): Shape => ({
  ...{ dims: [channels], height: 1, width: 1, channels, beforeY: 0, beforeX: 0 },
});

/** Shape of a sequence of tokens [T,C]: one row of T positions. */
export const sequenceShape = (tokens: number, channels: number): Shape => ({
  ...{ dims: [tokens, channels], height: 1, width: tokens, channels, beforeY: 0, beforeX: 0 },
});

export const isSequence = (shape: Shape): boolean => shape.dims.length === 2;
export const isVector = (shape: Shape): boolean => shape.dims.length === 1;
export const isMap = (shape: Shape): boolean => shape.dims.length === 3;
/** Number of values. */
export const sizeOf = ({ dims }: Shape): number => dims.reduce((n, d) => n * d, 1);

/** Where on the input the positions of a tensor look (METHODS 1.6), in input positions along x. */
export interface Look {
  stride: number;
  /** Input position on which the receptive field of index 0 is centred. */
  centre: number;
  /** Side of the receptive field. */
  field: number;
}

/** Shapes of a layer's parameters, in the order in which they are kept. */
export interface ParameterShapes {
  weight: number[];
  /** [0] of a layer that has none. */
  bias: number[];
  /** Axes of the weight: O output channels, I input channels, H and W of the window; IO as GPT-2's. */
  axes: 'OIHW' | 'OI' | 'IO' | 'C';
}

/** Parameters by name of their layer (`mixed3a_3x3`, `logits`); layouts as the operation's `parameters` says. */
export type Parameters = Map<string, { weight: Float32Array; bias: Float32Array }>;

/** What a layer wants around the tensor it reads, in positions of that tensor. */
export interface Border {
  /** Zeros above and to the left. */
  before: number;
  /** Rows and columns from there on that are read, zeros included. */
  rows: number;
  columns: number;
  /** It reads 2x2 positions folded into channels, padded by y rows and x columns; `rows` and `columns` are folded ones. */
  fold?: { y: number; x: number };
}

/** A tensor in memory, or a slice of channels of one. Bytes; `start` is position (0,0), relative to `block`. */
export interface View {
  shape: Shape;
  block: Block;
  /** Never shared: inputs, padded tensors (their border stays zero), taps, and what a splice reads again. */
  own: boolean;
  start: number;
  pixel: number;
  row: number;
  /** Padding above and left that the buffer really has, in its positions. */
  before: number;
  fold?: Border['fold'];
}

/** A view with its address: `ptr` is position (0,0). */
export type Place = View & { ptr: number };

/** Which tokens of a text a run computes; every tensor [T,C] of the session has rows for these, from the first. */
export interface Span {
  /** Tokens before them, whose keys and values are kept. */
  past: number;
  /** How many; less than T only in a session with a cache. */
  count: number;
  /** Most tokens in all. */
  capacity: number;
  /** A run goes on where the last one ended. */
  cached: boolean;
}

/** What the layers of a session are built on. */
export interface Site {
  core: Core;
  parameters: Parameters;
  shapes: ReadonlyMap<string, Shape>;
  /** Memory that steps use one after the other: as much as the greediest of them asks for. */
  scratch: number;
  /** Changes from run to run. */
  span: Readonly<Span>;
  /** What a layer leaves for its own way back, by its name. */
  kept: Map<string, number>;
  /** A tensor. */
  at(name: string): Place;
  /** Where values before the ReLU go, if anybody wants them. */
  before(name: string): Place | undefined;
}

/** How a gradient passes ReLUs: `redirect` as Lucid's redirected ReLU does (METHODS 6). */
export interface BackwardMode {
  redirect: boolean;
}

export type BackwardStep = (mode: BackwardMode) => void;

/** What the steps of the way back are built on. Gradients are those of the objective, upwards. */
export interface BackwardSite extends Pick<Site, 'span' | 'kept'> {
  core: Core;
  parameters: Parameters;
  shapes: ReadonlyMap<string, Shape>;
  /** Memory that kernels of all steps use one after the other. */
  scratch: number;
  /** Memory of this step alone, as much as its `work` asked for. */
  work: number;
  /** A tensor that the way there left (`reads`). */
  at(name: string): Place;
  /** The gradient by a tensor, whole when the step of its maker runs; undefined where only values before its ReLU have one. */
  gradient(name: string): Place | undefined;
  /** The gradient by the values before a layer's ReLU that is given, not computed. */
  given(name: string): Place | undefined;
  /** The step that brings to gradient(name) what `write` computes: into it, or aside and added where others were there before. */
  into(name: string, write: (to: Place) => BackwardStep): BackwardStep;
  /** The same of a step that adds. */
  onto(name: string, add: (to: Place) => BackwardStep): BackwardStep;
}

/** The way back through a layer: from the gradient by `out` to that by the tensors of `in`. */
export interface Backward<L extends BaseLayer> {
  /** Tensors whose values it needs: they are kept. */
  reads?(layer: L): readonly string[];
  /** Bytes of memory of its own. */
  work?(layer: L, from: Shape, out: Shape): number;
  /** Bytes of scratch for its kernels. */
  scratch?(core: Core, layer: L, from: Shape, out: Shape, span: Readonly<Span>): number;
  step(site: BackwardSite, layer: L): BackwardStep;
  /** The gradient by its parameters, from `before`, that before its ReLU. */
  parameters?(
    site: Pick<BackwardSite, 'core' | 'at' | 'shapes'>,
    layer: L,
    before: Place,
  ): (weight: Float32Array, bias: Float32Array) => void;
}

/** Layers whose ways back are taken together, when the first one's turn comes. They read one tensor. */
export interface BackwardGroup {
  layers: readonly BaseLayer[];
  reads: readonly string[];
  work: number;
  scratch(core: Core, span: Readonly<Span>): number;
  step(site: BackwardSite): BackwardStep;
}

/** What stands around a layer in its description, for the check of it. */
export interface Neighbours {
  /** Operation that makes a tensor, and whether that is an input. */
  maker(name: string): { op: string; isInput: boolean };
  /** Operations that read a tensor. */
  readers(name: string): string[];
}

/** Layers that are computed together as one step, in the place of the first. The bits are those of each by itself. */
export interface Group {
  /** In order of computation. */
  layers: readonly BaseLayer[];
  /** The tensor after which the step is named: a splice runs it again where that depends on the splice. */
  name: string;
  /** Rows that are in memory at a time, of a tensor that never is as a whole. */
  rows?: ReadonlyMap<string, number>;
  forward(site: Site): () => void;
}

/** A linear layer, with parameters where it needs some that the network has not. */
export interface LinearForm {
  layer: BaseLayer;
  parameters?: { weight: Float32Array; bias: Float32Array };
}

/** A layer's operation: pure functions of the layer and of the shapes of what it reads (`from`). */
export interface Op<L extends BaseLayer> {
  /** What is wrong with the layer as it is written; undefined where nothing is. Runs before everything else. */
  check?(layer: L, from: readonly Shape[], neighbours: Neighbours): string | undefined;
  shape(layer: L, from: readonly Shape[]): Shape;
  /** It needs inputs of their native size. */
  native?: boolean;
  parameters?(layer: L, from: Shape): ParameterShapes | undefined;
  /** Where it looks, given where the tensor it reads looks (of several: the first, with the largest field). Absent: the same place. */
  look?(layer: L, seen: Look, from: Shape, out: Shape): Look;
  /** A ReLU ends it, and the values before that are a tap. */
  relu?(layer: L): boolean;
  /** Tensors that lie in its own side by side; their makers write there and it computes nothing. */
  branches?(layer: L): readonly string[];
  /** The units of the branches go by its name. */
  namesUnits?(layer: L): boolean;

  /** Planning: what it wants around the tensor it reads. */
  border?(layer: L, from: Shape, out: Shape): Border;
  /** Planning: it may write where it reads. */
  inPlace?: boolean;
  /**
   * Planning: layers of a session, of this and other operations, that are better computed together.
   * `isPrivate`: nobody but the next layer reads this tensor, and it has no border.
   */
  groups?(
    layers: readonly BaseLayer[],
    shapes: ReadonlyMap<string, Shape>,
    isPrivate: (name: string) => boolean,
  ): Group[];

  /** Bytes of scratch that the step needs; `from`: what it reads, as it lies in memory. */
  scratch?(core: Core, layer: L, from: View, span: Readonly<Span>): number;
  /** Packs the weights, fixes all addresses, and returns the step. Absent where there is nothing to compute. */
  forward?(site: Site, layer: L): () => void;
  /** Absent where the gradients of `in` lie in that of `out` (concat). */
  backward?: Backward<L>;
  /** The linear layer in its place (network/linearised.ts); absent where there is none. `gain`: by channel. */
  linear?(layer: L, gain: () => Float32Array): LinearForm;
  /** Its linear form asks for gains: of each channel, how much larger the mean of `out` is than that of `in`. */
  gains?: boolean;
  /** The ways back of these layers that are better taken together. */
  backwardGroups?(layers: readonly BaseLayer[], shapes: ReadonlyMap<string, Shape>): BackwardGroup[];
}

/** Sizes that a session was asked for; inputs of a fixed shape have no use for them. */
export interface AskedSize {
  height?: number;
  width?: number;
}

/** An input's operation: what values are taken and how they get into the network's memory. */
export interface InputOp<I extends BaseInput> {
  check?(input: I): string | undefined;
  /** Its height and width can be chosen; of tokens, how many. */
  isSized: boolean;
  /** It is a text: the run's span is set by what is given. */
  isText?: boolean;
  /** UsageError for sizes that cannot be. */
  shape(input: I, asked: AskedSize): Shape;
  /** Planning: how it lies in memory for a reader with this border. Absent: as it is, with the border around it. */
  held?(shape: Shape, border: Border | undefined): { shape: Shape; border?: Border };
  /** Bytes that the values as given take before they are preprocessed; they share memory with everything. */
  staging?(shape: Shape): number;
  /** The step that takes values [...dims]. It throws UsageError for a wrong number, InputError for NaN and infinite ones. */
  load(
    core: Core,
    input: I,
    shape: Shape,
    to: Place,
    staging: number,
    span: Span,
  ): (values: Float32Array) => void;
  /** The gradient by the values as given, [...dims], from that by what lies in memory (laid out as `held` says, without border). */
  gradient(core: Core, input: I, shape: Shape, from: Place, out: Float32Array): Float32Array;
}
