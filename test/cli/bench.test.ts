import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { curvesae, temporaryFolder } from '../support/cli.js';

const test = suite('cli/bench');

test('--json: one document; --html: a page; progress on stderr, none with --quiet', async () => {
  const html = join(temporaryFolder('bench'), 'bench.html');
  const args = ['bench', '--only', 'f32_relu', '--rounds', '1', '--ms', '1'];
  const done = await curvesae([...args, '--json', '--html', html]);
  assert.is(done.code, 0, done.stderr);
  const { rows, machine } = done.json();
  assert.ok(machine.runtime.includes(process.version));
  assert.equal(rows.map((r: { build: string }) => r.build).slice(0, 2), ['simd', 'scalar']);
  assert.match(done.stderr, 'f32_relu: ');
  assert.match(readFileSync(html, 'utf8'), 'Every measurement: ');
  const quiet = await curvesae([...args, '--quiet']);
  assert.is(quiet.stderr, '');
  assert.match(quiet.stdout, /f32_relu: .* GB\/s/);
});

test('an unknown work is wrong usage, with the nearest known', async () => {
  const done = await curvesae(['bench', '--only', 'stemm']);
  assert.is(done.code, 2);
  assert.match(done.stderr, /'stemm'.*stem/);
});

test.run();
