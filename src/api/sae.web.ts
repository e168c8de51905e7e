// `sae.*` in a page.
import type { SaeOption } from './matrix.js';
import type { AsOptions } from './open-sae.js';
import { webPlatform as web } from './platform.web.js';
import type { SaeConvertCall, SaeConvertReport, SaeInfo } from './sae.js';

/** What is in an SAE folder: format, architecture, d_in, d_sae, shapes of its tensors. */
export async function info(options: SaeOption & AsOptions): Promise<SaeInfo> {
  return (await import('./commands.js')).saeInfo(web, options);
}

/** An SAE folder in another format: saelens, dictionary_learning or sparsify. */
export async function convert(options: SaeConvertCall): Promise<SaeConvertReport> {
  return (await import('./commands.js')).saeConvert(web, options);
}
