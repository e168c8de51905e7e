// `sae.*` in Node.
import type { SaeOption } from './matrix.js';
import type { AsOptions } from './open-sae.js';
import { nodePlatform as node } from './platform.node.js';
import type { SaeConvertCall, SaeConvertReport, SaeInfo } from './sae.js';

/** What is in an SAE folder: format, architecture, d_in, d_sae, shapes of its tensors. */
export async function info(options: SaeOption & AsOptions): Promise<SaeInfo> {
  return (await import('./commands.node.js')).saeInfo(node, options);
}

/** An SAE folder in another format: saelens, dictionary_learning or sparsify. */
export async function convert(options: SaeConvertCall): Promise<SaeConvertReport> {
  return (await import('./commands.node.js')).saeConvert(node, options);
}
