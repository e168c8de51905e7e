// The core called from C, without any JavaScript, has the bits that Node has.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { temporaryFolder } from '../support/cli.js';
import { ROOT } from '../support/paths.js';

const test = suite('examples/c-host');
const RUNTIME = '/usr/share/wabt/wasm2c';
const here = (command: string): boolean => spawnSync(command, ['--version']).status === 0;
const lacks = [
  ...(here('wasm2c') && existsSync(`${RUNTIME}/wasm-rt-impl.c`) ? [] : ['wasm2c (apt-get install wabt)']),
  ...(here('cc') ? [] : ['a C compiler (apt-get install gcc libc6-dev)']),
];
const NAME = 'a C program prints what Node prints, with either build';

if (lacks.length) {
  console.log(`skipped: '${NAME}' needs ${lacks.join(' and ')}`);
  test.skip(NAME, () => {});
} else
  test(NAME, () => {
    const folder = temporaryFolder('c-host');
    const source = resolve(ROOT, 'examples/c-host');
    const run = (command: string, ...args: string[]): string =>
      execFileSync(command, args, { cwd: folder, encoding: 'utf8' });
    run('wasm2c', resolve(ROOT, 'dist/core/scalar.wasm'), '-n', 'core', '-o', 'core.c');
    const files = [join(source, 'main.c'), 'core.c', `${RUNTIME}/wasm-rt-impl.c`];
    // -O1: half the compile time, the same bits.
    run('cc', '-O1', '-ffp-contract=off', '-I.', `-I${RUNTIME}`, ...files, '-lm', '-o', 'c-host');
    const lines = run('./c-host');
    assert.match(lines, /^encode: .*\nconvolution: .*\nexp\(1\) is 2\.718281828459045\nhash [0-9a-f]{16}\n$/);
    for (const build of ['simd', 'scalar'])
      assert.is(run(process.execPath, join(source, 'node.js'), build), lines, build);
  });

test.run();
