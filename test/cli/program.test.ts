// A command in a process of its own: it ends, and says and returns what the same command does in the process of
// a test, where most tests of the command line run it.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeNpy } from '../../src/index.js';
import { curvesae, curvesaeHere, temporaryFolder } from '../support/cli.js';
import { LONG } from '../support/long.js';
import { randomNormal } from '../support/random.js';

const test = suite('cli/program');
const dir = temporaryFolder('program');
const at = (name: string) => join(dir, name);
writeFileSync(at('x.npy'), encodeNpy([300, 8], randomNormal(2400, 1)));

/** `X`: a matrix. `OUT`: another folder for each of the two. */
const COMMANDS: [code: number, args: string][] = [
  [0, 'help'],
  [2, 'trian'],
  [2, 'train --k'],
  [0, 'train --activations X --d-sae 12 --k 2 --batch 64 --steps 5 --out OUT/sae'],
  [0, 'eval OUT/sae --activations X'],
  [3, 'eval OUT/sae --activations nowhere.npy'],
  [0, 'encode OUT/sae --in X --out OUT/f.npy'],
  [0, 'decode OUT/sae --in OUT/f.npy --out OUT/y.npy'],
  [0, 'sae info OUT/sae'],
  [0, 'sae convert OUT/sae OUT/dl --to dictionary_learning'],
  [0, 'synth --features 16 --d-in 8 --active 2 --vectors 64 --out OUT/synth'],
  [0, 'model info embedded'],
];

/** These read a network, each in both places; in npm run test:soak. */
const LONG_COMMANDS: typeof COMMANDS = [
  [0, 'sweep --activations X --archs topk --k 2 --d-sae 12 --batch 64 --steps 5 --out OUT/sweep'],
  [0, 'forward --taps conv2d0 --images procedural:1 --out OUT/f.safetensors'],
  [0, 'activations --images procedural:2 --per-image 4 --workers 2 --out OUT/store'],
  [0, 'hide OUT/store --rotate --out OUT/hidden'],
  [0, 'curves --units mixed3b_5x5:3 --images procedural:1 --orientations 12 --radii 30 --controls none'],
];

test('each command ends its process, and is as in this one', async () => {
  for (const [code, line] of [...COMMANDS, ...(LONG ? LONG_COMMANDS : [])]) {
    const seen = [];
    for (const [place, run] of [
      ['process', curvesae],
      ['here', curvesaeHere],
    ] as const) {
      const args = line.split(' ').map((word) => word.replace(/^X$/, at('x.npy')).replace('OUT', at(place)));
      const r = await run(line === 'help' ? args : [...args, '--quiet']);
      const elsewhere = (text: string) => text.replaceAll(at(place), 'OUT');
      seen.push({ code: r.code, stdout: elsewhere(r.stdout), stderr: elsewhere(r.stderr) });
    }
    const [process, here] = seen;
    assert.is(process.code, code, `${line}: ${process.stderr}`);
    assert.equal(here, process, line);
    assert.ok(here.stdout || here.stderr, line);
  }
  for (const file of ['sae/sae_weights.safetensors', 'f.npy', 'y.npy', ...(LONG ? ['f.safetensors'] : [])])
    assert.ok(readFileSync(join(at('here'), file)).equals(readFileSync(join(at('process'), file))), file);
});

test.run();
