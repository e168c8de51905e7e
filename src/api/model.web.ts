// `model.*` in a page.
import type { ModelConvertCall, ModelConvertReport, ModelInfo, ModelInfoCall } from './model.js';
import { webPlatform as web } from './platform.web.js';
import type { ModelTrainCall, ModelTrainReport } from './train-network.js';

/** What a network is: its architecture, input size in pixels, taps, and channels by tap. */
export async function info(options: ModelInfoCall): Promise<ModelInfo> {
  return (await import('./commands.js')).modelInfo(web, options);
}

/** A weights file of any supported format as .safetensors. */
export async function convert(options: ModelConvertCall): Promise<ModelConvertReport> {
  return (await import('./commands.js')).modelConvert(web, options);
}

/**
 * Trains a small InceptionV1 stem from a seed, on shapes that are drawn or on pictures in a folder for each class, into a folder: its
 * weights, the names of its classes, training.json. The same bits for any number of workers. A repeated call goes on, or takes what is finished.
 */
export async function train(options: ModelTrainCall): Promise<ModelTrainReport> {
  return (await import('./commands.js')).modelTrain(web, options);
}
