// The README is true: its example runs and prints what it says, its commands and
// dependencies are those that exist, its links lead somewhere.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { curvesae } from '../support/cli.js';
import { filled } from '../support/filled.js';
import { ROOT } from '../support/paths.js';

const test = suite('docs/readme');
const readme = readFileSync(resolve(ROOT, 'README.md'), 'utf8');

test('the library example runs and prints the value in its comment', () => {
  const code = /```js\n([\s\S]*?)```/.exec(readme)![1];
  const expected = /\/\/ (\d+): planted/.exec(code)![1];
  const file = resolve(ROOT, 'dist/readme-example.mjs'); // inside the package, so that it can import itself by name
  writeFileSync(file, code);
  assert.is(execFileSync(process.execPath, [file], { encoding: 'utf8' }).trim(), expected);
});

test('the table lists the commands that exist', async () => {
  const table = readme.slice(readme.indexOf('## Commands'), readme.indexOf('## As a library'));
  const listed = [...table.matchAll(/^\| (`[^|]+`) \|/gm)].flatMap((m) =>
    [...m[1].matchAll(/`(\w+)`/g)].map((n) => n[1]),
  );
  const { stdout } = await curvesae(['help']);
  const existing = [...stdout.matchAll(/^ {2}(\w+) {2}/gm)].map((m) => m[1]);
  assert.equal(listed.toSorted(), existing.toSorted());
});

test('every run-time dependency has its reason', () => {
  const { dependencies } = JSON.parse(readFileSync(resolve(ROOT, 'package.json'), 'utf8'));
  for (const name of filled(Object.keys(dependencies))) assert.ok(readme.includes(`\`${name}\``), name);
});

test('links lead to files', () => {
  for (const [, target] of filled(readme.matchAll(/\]\(((?!http)[^)#]+)\)/g)))
    assert.ok(existsSync(resolve(ROOT, target)), target);
});

test.run();
