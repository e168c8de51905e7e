// Peers that are installed in bench/node_modules.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../../test/support/paths.js';

const require = createRequire(join(ROOT, 'bench/package.json'));

export interface Peer {
  module: unknown;
  version: string;
}

/** The package and its version; undefined, with the reason said, where it is not installed. */
export async function installed(name: string, say: (text: string) => void): Promise<Peer | undefined> {
  try {
    const entry = require.resolve(name);
    const folder = entry.slice(0, entry.lastIndexOf(join('node_modules', name)));
    const meta = JSON.parse(readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8'));
    return { module: await import(pathToFileURL(entry).href), version: meta.version };
  } catch (error) {
    say(`${name}: not measured (${(error as Error).message.split('\n')[0]})`);
    say('peers are installed by: npm install --ignore-scripts --prefix bench');
    return undefined;
  }
}
