// node scripts/fuzz.mjs [SECONDS=60] [TARGET...]: mutates valid files until a reader throws
// anything but InputError or takes more than two seconds, or Node and browsers differ about a picture. What it finds is written to
// test/corpus/<target>-<hash>.bin, which every `npm test` replays.
import { createHash, randomInt } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { build } from './build.mjs';

const [seconds = '60', ...wanted] = process.argv.slice(2);
await build();
const { TARGETS: readers } = await import('../dist/test/support/fuzz-targets.js');
const { alike, PICTURES } = await import('../dist/test/support/fuzz-pictures.js');
const { InputError } = await import('../dist/src/core/errors.js');
const pictures = Object.entries(PICTURES).map(([name, seed]) => [
  name,
  { seed, read: (b) => alike(b, name) },
]);
const TARGETS = { ...readers, ...Object.fromEntries(pictures) };
const names = wanted.length ? wanted : Object.keys(TARGETS);
const INTERESTING = [0, 1, 2, 4, 8, 0x28, 0x29, 0x2e, 0x5d, 0x7d, 0x7f, 0x80, 0xff];

function mutate(seed) {
  let bytes = Uint8Array.from(seed);
  for (let n = randomInt(1, 6); n > 0 && bytes.length > 1; n--) {
    const at = randomInt(bytes.length);
    switch (randomInt(5)) {
      case 0:
        bytes[at] ^= 1 << randomInt(8);
        break;
      case 1:
        bytes[at] = INTERESTING[randomInt(INTERESTING.length)];
        break;
      case 2:
        bytes = bytes.slice(0, at);
        break;
      case 3: // drop a few bytes
        bytes = Uint8Array.from([...bytes.slice(0, at), ...bytes.slice(at + randomInt(1, 9))]);
        break;
      default: // repeat a few bytes
        bytes = Uint8Array.from([...bytes.slice(0, at), ...bytes.slice(at, at + 16), ...bytes.slice(at)]);
    }
  }
  return bytes;
}

const end = Date.now() + 1000 * Number(seconds);
let runs = 0;
let found = 0;
while (Date.now() < end) {
  const name = names[runs++ % names.length];
  const bytes = mutate(TARGETS[name].seed);
  const started = Date.now();
  let fault;
  try {
    await TARGETS[name].read(bytes);
  } catch (error) {
    if (!(error instanceof InputError)) fault = error;
  }
  if (Date.now() - started > 2000) fault ??= new Error('took more than two seconds');
  if (!fault) continue;
  found++;
  mkdirSync('test/corpus', { recursive: true });
  const file = `test/corpus/${name}-${createHash('sha256').update(bytes).digest('hex').slice(0, 12)}.bin`;
  writeFileSync(file, bytes);
  console.log(`${file}: ${fault.message}`);
}
console.log(`${runs} runs, ${found} faults`);
process.exitCode = found ? 1 : 0;
