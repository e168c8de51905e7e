// docs/networks.md is true: its example runs, and it lists every operation and kind of input with its fields.
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { temporaryFolder } from '../support/cli.js';
import { filesBelow } from '../support/house.js';
import { ROOT } from '../support/paths.js';

const test = suite('docs/networks');
const page = readFileSync(resolve(ROOT, 'docs/networks.md'), 'utf8');

/** What an example prints. */
async function printed(name: string, code: string): Promise<unknown[]> {
  const entry = pathToFileURL(resolve(ROOT, 'dist/src/index.js')).href;
  const file = join(temporaryFolder('networks'), `${name}.mjs`);
  writeFileSync(file, code.replace("'curvesae'", `'${entry}'`));
  const lines: unknown[] = [];
  const { log } = console;
  console.log = (...values) => lines.push(...values);
  try {
    await import(pathToFileURL(file).href);
  } finally {
    console.log = log;
  }
  return lines;
}

test('the examples run and print what they say', async () => {
  const [there, back] = [...page.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code]) => code);
  // Each hidden unit is 0.5 * 10 = 5, so y = 8 * 0.25 * 5 + bias; without it the bias alone.
  assert.equal(await printed('there', there), [
    ['hidden_pre_relu', 'hidden', 'y'],
    [2],
    Float32Array.of(10, 11),
    Float32Array.of(0, 1),
  ]);
  assert.equal(await printed('back', back), [96 * 96 * 3, 12 * 12 * 192]);
});

test('each file of an operation has its row, with the fields that a layer may have', () => {
  const rows = new Map([...page.matchAll(/^\| `(\w+)` \|(.*)$/gm)].map(([, op, row]) => [op, row]));
  const common = new Set(['op', 'in', 'out', 'size', 'stride', 'padding']);
  const sources = filesBelow('src/network/ops', '.ts').map((f) => readFileSync(join(ROOT, f), 'utf8'));
  const found = sources.flatMap((text) => [
    ...text.matchAll(/^export interface \w+(?:Layer|Input) extends Base[^{]*\{\n([\s\S]*?)^\}/gm),
  ]);
  assert.ok(found.length);
  const seen = found.map(([, body]) => {
    const op = /op: '(\w+)'/.exec(body)![1];
    for (const [, field] of body.matchAll(/^ {2}(\w+)\??:/gm))
      if (!common.has(field)) assert.ok(rows.get(op)?.includes(`\`${field}\``), `${op}: ${field}`);
    return op;
  });
  assert.equal(seen.sort(), [...rows.keys()].filter((op) => op !== 'op').sort());
});

test.run();
