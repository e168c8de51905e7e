// npm run bench [-- --only stem,net] [--json FILE] [--rounds N] [--ms N]: see bench/harness.ts.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { ROOT } from '../test/support/paths.js';
import { net, stem } from './forward.js';
import { type Context, measure, type Row, table, type WorkFactory } from './harness.js';
import { sae } from './sae.js';

/** Every work by the name that --only takes. */
const WORKS: Record<string, WorkFactory> = { stem, net, sae };

const say = (text: string): void => void process.stderr.write(`${text}\n`);
const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    json: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    ms: { type: 'string', default: '400' },
  },
});
const names = values.only?.split(',') ?? Object.keys(WORKS);
for (const name of names)
  if (!Object.hasOwn(WORKS, name)) {
    say(`unknown work '${name}'; known: ${Object.keys(WORKS).join(', ')}`);
    process.exit(2);
  }

const require = createRequire(join(ROOT, 'bench/package.json'));
const context: Context = {
  version: JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version,
  say,
  async peer(name) {
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
  },
};

say(`${cpus()[0].model}, ${cpus().length} cores, Node ${process.version}`);
const rows: Row[] = [];
for (const name of names) {
  const works = await WORKS[name](context);
  for (const work of Array.isArray(works) ? works : [works])
    rows.push(
      ...(await measure(work, { rounds: Number(values.rounds), milliseconds: Number(values.ms) }, context)),
    );
}
process.stdout.write(`${table(rows)}\n`);
if (values.json) {
  const machine = { cpu: cpus()[0].model, cores: cpus().length, node: process.version };
  writeFileSync(values.json, `${JSON.stringify({ machine, rows }, undefined, 2)}\n`);
}
process.exit(0); // ONNX Runtime keeps handles open
