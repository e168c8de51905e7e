// An engine without WebAssembly SIMD (FAULTS C13): V8 has none where it may not use SSE4.1. Import works,
// the scalar build takes over with one warning, and the results keep their bits.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { arch } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { temporaryFolder } from '../support/cli.js';
import { ROOT } from '../support/paths.js';

const test = suite('core/scalar');
const WITHOUT = '--no-enable-sse4-1';
const WARNING =
  /curvesae: this engine has no WebAssembly SIMD: the scalar build runs, same results, slower$/gm;
const dir = temporaryFolder('scalar');

function node(args: string[]): { stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', cwd: ROOT });
  assert.is(status, 0, stderr);
  return { stdout, stderr };
}

const digests = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.safetensors'))
    .map(({ name, parentPath }) => {
      const bytes = readFileSync(join(parentPath, name));
      return `${name} ${createHash('sha256').update(bytes).digest('hex')}`;
    })
    .sort();

if (arch() !== 'x64') {
  console.log(`skipped: 'an engine without SIMD' this is ${arch()}; only on x64 can Node be kept from SIMD`);
  test.skip('an engine without SIMD', () => {});
} else {
  test('import works, init() takes the scalar build and says why, once; SIMD is refused by name', () => {
    const url = pathToFileURL(resolve(ROOT, 'dist/src/index.js')).href;
    const { stdout, stderr } = node([
      WITHOUT,
      '--input-type=module',
      '-e',
      `const { init, supportedBuilds } = await import(${JSON.stringify(url)});
       const warnings = [];
       const { build, reason } = (await init({ warn: (w) => warnings.push(w) })).info();
       const refusals = [];
       for (const build of ['simd', 'relaxed']) await init({ build }).catch((e) => refusals.push(e.name + ': ' + e.message));
       await init({ build: 'scalar' });
       console.log(JSON.stringify({ build, reason, warnings, refusals, supported: supportedBuilds() }));`,
    ]);
    const { build, reason, warnings, refusals, supported } = JSON.parse(stdout);
    assert.equal(supported, { scalar: true, simd: false, relaxed: false });
    assert.is(build, 'scalar');
    assert.match(reason, 'no WebAssembly SIMD');
    assert.equal(warnings.length, 1);
    assert.match(warnings[0], WARNING);
    assert.equal(refusals, [
      'UnsupportedError: this engine cannot run the simd build; use --build scalar',
      'UnsupportedError: this engine cannot run the relaxed build; use --build scalar',
    ]);
    assert.is(stderr, '');
  });

  test('commands: the same bytes, workers included, and the warning once', () => {
    const runs = [[], [WITHOUT]].map((flags, i) => {
      const at = (name: string) => join(dir, String(i), name);
      const curvesae = (...args: string[]) => node([...flags, 'dist/src/cli/main.js', ...args]).stderr;
      const outputs = [
        curvesae('activations', '--images', 'procedural:6', '--workers', '2', '--out', at('store')),
        curvesae(
          ...['synth', '--features', '16', '--d-in', '12', '--vectors', '2048', '--active', '2'],
          ...['--out', at('set')],
        ),
        curvesae(
          ...['train', '--activations', at('set/vectors.safetensors'), '--d-sae', '16', '--k', '2'],
          ...['--batch', '256', '--steps', '30', '--out', at('sae')],
        ),
      ];
      return {
        warned: outputs.map((text) => text.match(WARNING)?.length ?? 0),
        digests: digests(join(dir, String(i))),
      };
    });
    assert.equal(runs[0].warned, [0, 0, 0]);
    assert.equal(runs[1].warned, [1, 1, 1]);
    assert.ok(runs[0].digests.length >= 4, runs[0].digests.join());
    assert.equal(runs[1].digests, runs[0].digests);
  });
}

test.run();
