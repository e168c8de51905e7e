// Files of the pages themselves, written by the build beside the compiled sources.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { InputError } from '../../core/errors.js';
import type { Site } from '../../explorer/site.js';

const PAGES = fileURLToPath(new URL('../../../explorer/', import.meta.url));
const CORE = fileURLToPath(new URL('../../../core/', import.meta.url));
const DECODER = fileURLToPath(new URL('../../images/generated/jpeg-turbo.js', import.meta.url));
const CORE_FILES = ['simd.wasm', 'scalar.wasm'];

export const pageFile = (name: string): { file: string } => ({ file: existing(`${PAGES}${name}`) });

export const decoderFile = (): { file: string } => ({ file: existing(DECODER) });

export function addCore(site: Site): void {
  for (const name of CORE_FILES) site.files.set(`core/${name}`, { file: existing(`${CORE}${name}`) });
}

function existing(file: string): string {
  if (!existsSync(file))
    throw new InputError(`${file}: missing from this installation; build or install it again`);
  return file;
}
