// Public API of curvesae for pages and any runtime (docs/library.md). `curvesae/node` has all of it, with files,
// sharp and worker threads.

export { embeddedModel } from '../models/embedded/index.js';
export { modelFromBytes } from '../models/from-bytes.js';
export { loadModelFromUrl, type ModelUrlOptions } from '../models/from-url.js';
export { GPT2_SMALL, type Gpt2Sizes, gpt2Description } from '../models/gpt2/description.js';
export { modelFromTensors } from '../models/recognise.js';
export { ARCHITECTURES, description } from '../models/registry.js';
export { STEM_WIDTHS, type StemWidths, stemDescription } from '../models/stem.js';
export type { ActivationsCall, ActivationsReport } from './api/activations.js';
export type { CallOptions, Progress } from './api/call.js';
export type { CircuitCall, CircuitReport } from './api/circuit.js';
export type { CurvesCall, CurvesReport } from './api/curves.js';
export type { DecodeCall, DecodeReport } from './api/decode.js';
export type { DecomposeCall, DecomposeReport } from './api/decompose.js';
export type { DisentangleCall, DisentangleReport } from './api/disentangle.js';
export type { QuerySpec } from './api/documents.js';
export type { DownstreamReport } from './api/downstream.js';
export type { EmbedReport } from './api/embed.js';
export type { EmbedCall } from './api/embed-options.js';
export type { EncodeCall, EncodeReport } from './api/encode.js';
export type { EvalCall, EvalReport } from './api/evaluate.js';
export type { ExamplesCall, ExamplesReport } from './api/examples.js';
export type { FamiliesCall, FamiliesReport } from './api/families.js';
export type { ForwardCall, ForwardReport } from './api/forward.js';
export type { HideCall, HideReport } from './api/hide.js';
export type { LabelCall, LabelReport } from './api/label.js';
export type { MergeCall, MergeReport } from './api/merge.js';
export type { ModelConvertCall, ModelConvertReport, ModelInfo, ModelInfoCall } from './api/model.js';
export type { OpenedArtefact } from './api/open-artefact.js';
export type { ModelOpening } from './api/open-model.js';
export { OpenedSae, type SaeOpening } from './api/open-sae.js';
export type { PackReport } from './api/pack.js';
export type { PackCall } from './api/pack-options.js';
export type { PhysiologyCall, PhysiologyReport } from './api/physiology.js';
export type {
  ImagesSpec,
  Matrix,
  ModelSpec,
  OutSpec,
  PictureSpec,
  SaeSpec,
  VectorsSpec,
} from './api/platform.js';
export type { PredictCall, Prediction, PredictTextCall, TextPrediction } from './api/predict.js';
export type { InputSize, Pixels } from './api/prepare-image.js';
export type { RunCall, RunReport } from './api/run.js';
export type { SaeConvertCall, SaeConvertReport, SaeInfo } from './api/sae.js';
export type { SearchCall, SearchReport, SearchResult, SteeredFeature } from './api/search.js';
export type { ShardReport } from './api/shard-call.js';
export type { ShardOption } from './api/shard-option.js';
export type { JobStatus, ShardState, ShardStatus, StatusCall, StatusReport } from './api/status.js';
export type { SteeringCall } from './api/steering.js';
export type { SweepCall, SweepReport } from './api/sweep.js';
export type { SynthCall, SynthReport } from './api/synth.js';
export type { TaxonomyCall, TaxonomyReport } from './api/taxonomy.js';
export type { TrainCall, TrainReport } from './api/train.js';
export type { ModelTrainCall, ModelTrainReport } from './api/train-network.js';
export { VERSION } from './api/version.js';
export type { VisualizeCall, VisualizeReport } from './api/visualize.js';
export * from './api/web.js';
export { evaluate as eval } from './api/web.js';
export { Core } from './core/core.js';
export { type Engine, type EngineInfo, type InitOptions, init } from './core/engine.js';
export * from './core/errors.js';
export { type Build, supportedBuilds } from './core/features.js';
export type { CoreMath } from './core/math.js';
export { Rng } from './core/random.js';
export { setReadLimit } from './formats/limits.js';
export { encodeNpy, parseNpy } from './formats/npy.js';
export { requestPersistence, type StorageSpace, storageSpace } from './formats/opfs/explain.js';
export { encodeSafetensors, parseSafetensors } from './formats/safetensors.js';
export type { Storage } from './formats/storage.js';
export { opfsStorage, removeOpfsFolder } from './formats/storage.opfs.js';
export { decodeImage } from './images/decode.web.js';
export { proceduralImage } from './images/procedural.js';
export { SHAPE_CLASSES, shapeImage } from './images/shapes.js';
export { imageSetHash, loadImage } from './images/source.web.js';
export { drawStimulus, greyToRgb, type Stimulus, type StimulusGeometry } from './images/stimuli.js';
export { type LocalStructure, PictureStructure } from './images/structure.js';
export type { ImageRef, RgbImage } from './images/types.js';
export { parameterShapes } from './network/geometry.js';
export { linearised } from './network/linearised.js';
export {
  type Candidate,
  fitModel,
  type ModelOptions,
  type NamedTensor,
  type Naming,
} from './network/load.js';
export { crossEntropy, type Loss } from './network/loss.js';
export { imageInput } from './network/ops/image.js';
export { createSession, type SessionOptions } from './network/session.js';
export { type Tail, tailOf } from './network/tail.js';
export { parseUnit, tapChannels, tapInfo, taps, type Unit } from './network/taps.js';
export type * from './network/types.js';
export type { VisualizedImage } from './pipeline/pictures.js';
export { webPool } from './pipeline/pool.web.js';
export { bestAssignment } from './sae/assignment.js';
export { loadAnySae, type SaeFormat, saveSaeAs } from './sae/exchange/folder.js';
export { type FeatureActivation, LoadedSae } from './sae/inference.js';
export { architectureNames, architectureSettings } from './sae/registry.js';
export type { TrainResult } from './sae/run.js';
export { loadSaeFolder, saveSae } from './sae/saelens.js';
export { resolveHyperparameters, type TrainOptions } from './sae/settings.js';
export { type Stability, stability } from './sae/stability.js';
export { readTruth, writeSynthetic } from './sae/synth-folder.js';
export {
  SYNTHETIC_DEFAULTS,
  type Synthetic,
  type SyntheticKnobs,
  synthesize,
  type Truth,
} from './sae/synthetic.js';
export { type TrainHooks, type TrainJob, trainMany, trainSae } from './sae/trainer.js';
export { groundTruth, type TruthMetrics } from './sae/truth.js';
export type { Sae, SaeConfig, SaeMetrics, SaeTensors, TrainProgress } from './sae/types.js';
export type { ArtefactManifest, ArtefactSae } from './study/artefact/manifest.js';
export type { Artefact } from './study/artefact/open.js';
export type { CurveWiring, Effect, UnitCircuit, UnitDrives } from './study/circuit/types.js';
export { expandedWeights, type ReadOut } from './study/circuit/weights.js';
export {
  type ControlInput,
  type ControlSae,
  pcaControl,
  randomControl,
  saeControl,
} from './study/curves/controls.js';
export { hasCurveShape, isCurveDetector } from './study/curves/detector.js';
export { filledGaps, gapsBetween, largestGap } from './study/curves/gaps.js';
export { measureCurve } from './study/curves/measures.js';
export { naturalAgreement } from './study/curves/natural.js';
export { CURVE_DEFAULTS, type CurveOptions } from './study/curves/options.js';
export { studyCurves } from './study/curves/study.js';
export { tuningCurves } from './study/curves/tuning.js';
export type { CurveMeasures, CurveResult, Detector, FilledGap } from './study/curves/types.js';
export {
  type Classification,
  type DownstreamOptions,
  type DownstreamResult,
  downstream,
  type SplicedClassification,
  type SplicedSae,
} from './study/downstream/downstream.js';
export { type Label, type LabelledImage, labelImages, parseLabels } from './study/downstream/labels.js';
export type { Example, ExampleLevel, Place, UnitExamples } from './study/examples/types.js';
export { type Baseline, baselines, type Recovery, recovery } from './study/hidden/recovery.js';
export type { LabelScores } from './study/labels/summary.js';
export type { Edit } from './study/search/edits.js';
export type { Carried, SteeringReport, SteeringRow } from './study/search/evaluate.js';
export type { Neighbour } from './study/search/exact.js';
export type { GivenRows, HalfMatrix } from './study/search/given-rows.js';
export { type IndexOptions, NearestIndex, type NearestOptions, type Norms } from './study/search/nearest.js';
export { type SteerMethod, steer } from './study/search/steer.js';
export { type KeptRuns, type KeptRunsOptions, openKeptRuns, type TrainTabHooks } from './tab/client.js';
export type { FeatureInView, InView } from './tab/in-view.js';
export type { TabProgress, TabRequest, TabRun, TabRunInfo } from './tab/protocol.js';
export { Axes } from './units/interventions/axes.js';
export type { Basis, Coded, Interchange } from './units/interventions/basis.js';
export { Directions } from './units/interventions/directions.js';
export { Features } from './units/interventions/features.js';
export { type Change, changed, intervene } from './units/interventions/intervene.js';
export { type GroundTruth, scoreGroundTruth } from './units/planted.js';
export { Batches } from './vectors/batches.js';
export { type HiddenStore, type HideOptions, hideStore } from './vectors/hidden-store.js';
export { type Hiding, hidingMatrix } from './vectors/hiding.js';
export { matrixVectors } from './vectors/matrix.js';
export type { Split, StoreRecipe, VectorSource } from './vectors/types.js';
