// `model.*` in a page.
import type { ModelConvertCall, ModelConvertReport, ModelInfo, ModelInfoCall } from './model.js';
import { webPlatform as web } from './platform.web.js';

/** What a network is: its architecture, input size in pixels, taps, and channels by tap. */
export async function info(options: ModelInfoCall): Promise<ModelInfo> {
  return (await import('./commands.js')).modelInfo(web, options);
}

/** A weights file of any supported format as .safetensors. */
export async function convert(options: ModelConvertCall): Promise<ModelConvertReport> {
  return (await import('./commands.js')).modelConvert(web, options);
}
