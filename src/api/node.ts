// The commands in Node: what `curvesae/node` exports. They are loaded when one is called. Strings are paths,
// names and URLs.
import type { BenchResult } from '../bench/types.js';
import type { Core } from '../core/core.js';
import type { Engine } from '../core/engine.js';
import type { Build } from '../core/features.js';
import type { LoadedSae } from '../sae/inference.js';
import { evaluate as metricsOf } from '../sae/metrics.js';
import type { ThroughOptions } from '../sae/threads.js';
import type { SaeMetrics } from '../sae/types.js';
import type { SteeringReport } from '../study/search/evaluate.js';
import type { VectorSource } from '../vectors/types.js';
import type { ActivationsCall, ActivationsReport } from './activations.js';
import type { BenchCall } from './bench.node.js';
import type { CallOptions } from './call.js';
import type { CircuitCall, CircuitReport } from './circuit.js';
import type { CurvesCall, CurvesReport } from './curves.js';
import type { DecodeCall, DecodeReport } from './decode.js';
import type { DecomposeCall, DecomposeReport } from './decompose.js';
import type { DisentangleCall, DisentangleReport } from './disentangle.js';
import type { DoctorReport } from './doctor.node.js';
import type { EmbedReport } from './embed.js';
import type { EmbedCall } from './embed-options.js';
import type { EncodeCall, EncodeReport } from './encode.js';
import type { EvalCall, EvalReport } from './evaluate.js';
import type { ExamplesCall, ExamplesReport } from './examples.js';
import type { ExploreCall, ExploreReport } from './explore.node.js';
import type { FamiliesCall, FamiliesReport } from './families.js';
import type { ForwardCall, ForwardReport } from './forward.js';
import type { HideCall, HideReport } from './hide.js';
import type { LabelCall, LabelReport } from './label.js';
import type { MergeCall, MergeReport } from './merge.js';
import type { OpenedArtefact } from './open-artefact.js';
import { type ModelOpening, openModelOn } from './open-model.js';
import { type OpenedSae, openSae as openSaeOn, type SaeOpening } from './open-sae.js';
import type { PackReport } from './pack.js';
import type { PackCall } from './pack-options.js';
import type { PhysiologyCall, PhysiologyReport } from './physiology.js';
import type { ModelSpec, OutSpec, PictureSpec, SaeSpec } from './platform.js';
import { nodePlatform as node } from './platform.node.js';
import type { PredictCall, Prediction, PredictTextCall, TextPrediction } from './predict.js';
import { type InputSize, isPixels, type Pixels, preparePicture, preparePixels } from './prepare-image.js';
import type { RunCall, RunReport } from './run.js';
import type { SearchCall, SearchReport } from './search.js';
import type { ShardReport } from './shard-call.js';
import { isShard, type ShardOption } from './shard-option.js';
import type { StatusCall, StatusReport } from './status.js';
import type { SteeringCall } from './steering.js';
import type { SweepCall, SweepReport } from './sweep.js';
import type { SynthCall, SynthReport } from './synth.js';
import type { TaxonomyCall, TaxonomyReport } from './taxonomy.js';
import type { TrainCall, TrainReport } from './train.js';
import type { VisualizeCall, VisualizeReport } from './visualize.js';

export * as model from './model.node.js';
export * as sae from './sae.node.js';

/**
 * Opens a network: `'embedded'` or `'trained'`, a pulled name (`'inceptionv1'`, `'googlenet'`), a weights file by its path, URL or
 * bytes (.safetensors, .caffemodel, .pb, .pt). UsageError: an unknown name. InputError: not here or not
 * reachable, damaged, or of another network.
 */
export const openModel = (spec: ModelSpec, options: ModelOpening = {}) => openModelOn(node, spec, options);

/**
 * Opens an SAE folder (SAELens, dictionary_learning, sparsify) by its path or URL, or of a Storage. Its `tap` is
 * the one it was trained on. InputError where there is none, or it is damaged.
 */
export const openSae = (spec: SaeSpec, options: SaeOpening = {}): Promise<OpenedSae> =>
  openSaeOn(node, spec, options);

/**
 * A picture as a network's input: [size][size][3], RGB, f32, 0..255. Its shorter side becomes 256/224 of the
 * size, then the centre is cut out; a picture of that very size is not resampled. Pixels at once; a path, a
 * URL, a Blob or the bytes of a JPEG, PNG, WebP, GIF, TIFF or AVIF as a promise.
 */
export function prepareImage(by: Engine | Core, picture: Pixels, size: InputSize): Float32Array;
export function prepareImage(by: Engine | Core, picture: PictureSpec, size: InputSize): Promise<Float32Array>;
export function prepareImage(by: Engine | Core, picture: Pixels | PictureSpec, size: InputSize) {
  return typeof picture === 'object' && isPixels(picture)
    ? preparePixels(by, picture, size)
    : preparePicture(node, by, picture as PictureSpec, size);
}

/** The main job, end to end: activations, SAE, curves; result.json and report.html in `out`. A repeated call reuses what is finished. */
export async function run(options: RunCall): Promise<RunReport> {
  return (await import('./commands.node.js')).run(node, options);
}

/** The five likeliest classes of each picture, or next tokens of each text, probabilities 0 to 1. */
export function predict(options: PredictTextCall): Promise<TextPrediction[]>;
export function predict(options: PredictCall): Promise<Prediction[]>;
export async function predict(
  options: PredictCall | PredictTextCall,
): Promise<Prediction[] | TextPrediction[]> {
  return (await import('./commands.node.js')).predict(node, options);
}

/** Writes f32 tensors `<image>/<tap>` of shape [H, W, C], or [C], to a .safetensors file. */
export async function forward(options: ForwardCall): Promise<ForwardReport> {
  return (await import('./commands.node.js')).forward(node, options);
}

/** Samples vectors [n, C] of a tap into a resumable store. */
export async function activations(options: ActivationsCall): Promise<ActivationsReport> {
  return (await import('./commands.node.js')).activations(node, options);
}

/** Joins the shards of a job, made by calls with `shard`, into what one call makes, to the byte. IncompleteError: some are not finished. */
export async function merge(options: MergeCall): Promise<MergeReport> {
  return (await import('./commands.node.js')).merge(node, options);
}

/** How far the shards of each job in a folder are. */
export async function status(options: StatusCall): Promise<StatusReport> {
  return (await import('./commands.node.js')).status(node, options);
}

/** A store whose neurons are hidden behind a known matrix, with the truth kept. */
export async function hide(options: HideCall): Promise<HideReport> {
  return (await import('./commands.node.js')).hide(node, options);
}

/**
 * Trains an SAE on vectors [n, d_in] into a folder. A repeated call goes on, or takes what is finished. It computes
 * on the calling thread.
 */
export async function train(options: TrainCall): Promise<TrainReport> {
  return (await import('./commands.node.js')).train(node, options);
}

/** Trains a grid of SAEs on one stream of vectors and measures each. A repeated call reuses what is finished. */
export function sweep(options: SweepCall & Required<ShardOption>): Promise<ShardReport>;
export function sweep(options: SweepCall): Promise<SweepReport>;
export async function sweep(options: SweepCall): Promise<SweepReport | ShardReport> {
  const { sweep, sweepShard } = await import('./commands.node.js');
  return isShard(options) ? sweepShard(node, options) : sweep(node, options);
}

/** Vectors [n, d_in] with known features, and their truth. */
export async function synth(options: SynthCall): Promise<SynthReport> {
  return (await import('./commands.node.js')).synth(node, options);
}

/**
 * Metrics of an SAE (the command `eval`, and exported by that name too). With an SAE in memory and a
 * source of vectors: the plain metrics of these, computed by the threads of a pool where one is given.
 */
export function evaluate(options: EvalCall): Promise<EvalReport>;
export function evaluate(
  sae: LoadedSae,
  vectors: VectorSource,
  through?: ThroughOptions,
): Promise<SaeMetrics>;
export async function evaluate(
  what: EvalCall | LoadedSae,
  vectors?: VectorSource,
  through?: ThroughOptions,
): Promise<EvalReport | SaeMetrics> {
  if (vectors) return metricsOf(what as LoadedSae, vectors, through);
  return (await import('./commands.node.js')).evaluate(node, what as EvalCall);
}

/** Features [n, d_sae] of vectors [n, d_in], from file to file; in memory: openSae() and its encode(). */
export async function encode(options: EncodeCall): Promise<EncodeReport> {
  return (await import('./commands.node.js')).encode(node, options);
}

/** Vectors [n, d_in] from features [n, d_sae], from file to file; in memory: openSae() and its decode(). */
export async function decode(options: DecodeCall): Promise<DecodeReport> {
  return (await import('./commands.node.js')).decode(node, options);
}

/** Pictures of what units, features and directions look for: PNGs and visualize.json in `out`. A repeated call takes what is finished. */
export async function visualize(options: VisualizeCall): Promise<VisualizeReport> {
  return (await import('./commands.node.js')).visualize(node, options);
}

/**
 * Do features mediate what is known of each attribute? Cause, isolation and their mean of masks over neurons, features
 * and directions; disentangle.json in `out`. A repeated call takes what is finished.
 */
export function disentangle(options: DisentangleCall & Required<ShardOption>): Promise<ShardReport>;
export function disentangle(options: DisentangleCall): Promise<DisentangleReport>;
export async function disentangle(options: DisentangleCall): Promise<DisentangleReport | ShardReport> {
  const { disentangle, disentangleShard } = await import('./commands.node.js');
  return isShard(options) ? disentangleShard(node, options) : disentangle(node, options);
}

/** Which features write to each neuron of a tap, and how many different ones it takes: decompose.json and decompose.html in `out`. */
export async function decompose(options: DecomposeCall): Promise<DecomposeReport> {
  return (await import('./commands.node.js')).decompose(node, options);
}

/** What units and features answer to curves, lines, angles, gratings, colours and textures, beside random directions: physiology.json and physiology.html in `out`. */
export async function physiology(options: PhysiologyCall): Promise<PhysiologyReport> {
  return (await import('./commands.node.js')).physiology(node, options);
}

/** Every unit and feature of a tap in its family by what it answers to drawings, and a map of them: taxonomy.json and taxonomy.html in `out`. */
export async function taxonomy(options: TaxonomyCall): Promise<TaxonomyReport> {
  return (await import('./commands.node.js')).taxonomy(node, options);
}

/**
 * What drives units and features (gradient times activation, ablation, expanded weights), what they do to later units and to
 * classes, and how curves are wired: circuit.json and circuit.html in `out`.
 */
export async function circuit(options: CircuitCall): Promise<CircuitReport> {
  return (await import('./commands.node.js')).circuit(node, options);
}

/** Where each neuron and feature fires: examples.json, contact sheets and a page in `out`. A repeated call goes on, or takes what is finished. */
export function examples(options: ExamplesCall & Required<ShardOption>): Promise<ShardReport>;
export function examples(options: ExamplesCall): Promise<ExamplesReport>;
export async function examples(options: ExamplesCall): Promise<ExamplesReport | ShardReport> {
  const { examples, examplesShard } = await import('./commands.node.js');
  return isShard(options) ? examplesShard(node, options) : examples(node, options);
}

/** Names of features with their scores on documents held out from the naming, beside those of random directions: labels.json. */
export async function label(options: LabelCall): Promise<LabelReport> {
  return (await import('./commands.node.js')).label(node, options);
}

/** Vectors of pictures by a tap of a network, or of texts by an OpenAI-compatible service, in a folder. A repeated call goes on where the last one ended. */
export async function embed(options: EmbedCall): Promise<EmbedReport> {
  return (await import('./commands.node.js')).embed(node, options);
}

/**
 * Embeddings, SAEs, labels, families and pictures as one folder, documented and with checksums, whose SAEs SAELens reads; with
 * `check` whether such a folder is whole.
 */
export async function pack(options: PackCall): Promise<PackReport> {
  return (await import('./commands.node.js')).pack(node, options);
}

/** Opens a folder of pack(): vectors, records, SAEs, labels, families. InputError where it is none, or damaged. */
export async function openArtefact(
  folder: OutSpec | URL,
  options: Pick<CallOptions, 'engine' | 'signal'> = {},
): Promise<OpenedArtefact> {
  return (await import('./commands.node.js')).openArtefact(node, folder, options);
}

/** Families of features that fire together, and how features split over SAEs of rising capacity: families.json in `out`. */
export async function families(options: FamiliesCall): Promise<FamiliesReport> {
  return (await import('./commands.node.js')).families(node, options);
}

/** Documents nearest to a query, by their vectors [n, d]; and those nearest to it steered by features of an SAE. */
export async function search(options: SearchCall): Promise<SearchReport> {
  return (await import('./commands.node.js')).search(node, options);
}

/** How well steering works over many queries: fidelity and precision, beside random directions (`search --evaluate`). */
export async function evaluateSteering(options: SteeringCall): Promise<SteeringReport> {
  return (await import('./commands.node.js')).evaluateSteering(node, options);
}

/** Tuning curves (720 half degrees), curve detectors and gaps of a tap, and of an SAE's features. */
export async function curves(options: CurvesCall = {}): Promise<CurvesReport> {
  return (await import('./commands.node.js')).curves(node, options);
}

/** A run as pages: served on this machine until close() is called, or written as files for any web host. */
export async function explore(options: ExploreCall): Promise<ExploreReport> {
  return (await import('./commands.node.js')).explore(node, options);
}

/** Times of our kernels and works on this machine, in milliseconds. */
export async function bench(options: BenchCall = {}): Promise<BenchResult> {
  return (await import('./commands.node.js')).bench(options);
}

/** What runs here, and what is missing. */
export async function doctor(options: { build?: Build } = {}): Promise<DoctorReport> {
  return (await import('./commands.node.js')).doctor(options);
}
