import { spawnSync } from 'node:child_process';
import * as fsp from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openModel } from '../../models/open.node.js';
import { init } from '../../src/index.js';
import { filled } from '../support/filled.js';
import { ROOT, SHARED, sharedTest } from '../support/paths.js';
import { LEGACY_FILE } from '../support/pytorch-fixture.js';

const test = suite('cli/convert');
let dir = '';
test.before(async () => {
  dir = await fsp.mkdtemp(join(tmpdir(), 'curvesae-convert-'));
});
test.after(() => fsp.rm(dir, { recursive: true, force: true }));

const convert = (...args: string[]) =>
  spawnSync(process.execPath, [join(ROOT, 'dist/src/cli/main.js'), 'model', 'convert', ...args], {
    encoding: 'utf8',
  });

sharedTest(test, 'googlenet/googlenet.safetensors', 'a converted GoogLeNet is the same model', async () => {
  const from = join(SHARED, 'googlenet/googlenet.safetensors');
  const to = join(dir, 'out', 'g.safetensors');
  const { status, stdout } = convert(from, to, '--json');
  assert.is(status, 0);
  assert.equal(JSON.parse(stdout), { file: to, architecture: 'googlenet', bytes: (await fsp.stat(to)).size });
  const { math } = await init();
  const [a, b] = [await openModel(from, math, dir), await openModel(to, math, dir)];
  for (const [tap, { weight, bias }] of filled(a.parameters)) {
    const other = b.parameters.get(tap)!;
    assert.ok(
      filled(weight).every((w, i) => w === other.weight[i]) &&
        filled(bias).every((w, i) => w === other.bias[i]),
      tap,
    );
  }
});

test('wrong usage is exit code 2, wrong files are 3; one line each, nothing written', async () => {
  const other = join(dir, 'other.pt');
  await fsp.writeFile(other, LEGACY_FILE);
  await fsp.writeFile(join(dir, 'text.pb'), 'hello');
  const out = join(dir, 'x.safetensors');
  for (const [args, code, reason] of [
    [[], 2, /needs a weights file and OUT/],
    [[other, join(dir, 'x.npz')], 2, /writes \.safetensors/],
    [[other, out], 3, /no tensor has a name of inceptionv1 or googlenet/],
    [[join(dir, 'text.pb'), out], 3, /not a weights file that is known/],
    [[join(dir, 'none.pth'), out], 3, /no such weights file/],
  ] as [string[], number, RegExp][]) {
    const { status, stdout, stderr } = convert(...args);
    assert.is(status, code, stderr);
    assert.is(stdout, '');
    assert.match(stderr, reason);
    assert.is(stderr.trim().split('\n').length, 1);
  }
  assert.equal(
    (await fsp.readdir(dir)).filter((n) => n.startsWith('x.')),
    [],
  );
});

test.run();
