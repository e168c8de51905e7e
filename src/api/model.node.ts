// `model.*` in Node.
import type { ModelConvertCall, ModelConvertReport, ModelInfo, ModelInfoCall } from './model.js';
import type { ModelPullCall, ModelPullReport, ModelRow } from './model-cache.node.js';
import { nodePlatform as node } from './platform.node.js';
import type { ModelTrainCall, ModelTrainReport } from './train-network.js';

/** What a network is: its architecture, input size in pixels, taps, and channels by tap. */
export async function info(options: ModelInfoCall): Promise<ModelInfo> {
  return (await import('./commands.node.js')).modelInfo(node, options);
}

/** A weights file of any supported format as .safetensors. */
export async function convert(options: ModelConvertCall): Promise<ModelConvertReport> {
  return (await import('./commands.node.js')).modelConvert(node, options);
}

/** The networks that have a name, and which of them are here. */
export async function list(): Promise<ModelRow[]> {
  return (await import('./commands.node.js')).modelList();
}

/** Downloads published weights into the cache folder (CURVESAE_CACHE), with the names of their classes. */
export async function pull(options: ModelPullCall): Promise<ModelPullReport> {
  return (await import('./commands.node.js')).modelPull(options);
}

/**
 * Trains a small InceptionV1 stem from a seed, on shapes that are drawn or on pictures in a folder for each class, into a folder: its
 * weights, the names of its classes, training.json. The same bits for any number of workers. A repeated call goes on, or takes what is finished.
 */
export async function train(options: ModelTrainCall): Promise<ModelTrainReport> {
  return (await import('./commands.node.js')).modelTrain(node, options);
}
