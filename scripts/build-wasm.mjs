// assembly/ -> dist/core/{simd,relaxed,scalar}.wasm and src/core/generated/{simd,relaxed,scalar}.ts
// (the same bytes inlined, so that the package loads behind any bundler; one file each, so that only
// the build that runs is loaded).
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from './fs.mjs';
import { lowerSimd } from './lower-simd.mjs';

const OUT = 'dist/core';
const GENERATED = 'src/core/generated';
const BUILD_ID = `${GENERATED}/build-id.ts`;
const HEAD = '// Written by scripts/build-wasm.mjs from assembly/. Not in git.\n';

/** Of what decides the bytes: sources, settings, compilers. Its first 16 digits are the build id, by which checkpoints and given modules are held against it. */
export function sourceHash() {
  const hash = createHash('sha256');
  const { assemblyscript, binaryen } = JSON.parse(readFileSync('package.json', 'utf8')).devDependencies;
  hash.update(`assemblyscript ${assemblyscript} binaryen ${binaryen}\0`);
  for (const f of [
    'asconfig.json',
    'scripts/lower-simd.mjs',
    'scripts/build-wasm.mjs',
    ...globSync('assembly', '.ts'),
  ])
    hash.update(f).update('\0').update(readFileSync(f)).update('\0');
  return hash.digest('hex');
}

async function compile(target, dir) {
  const wasm = join(dir, `${target}.wasm`);
  const wat = join(dir, `${target}.wat`);
  const asc = spawn(
    process.execPath,
    [
      ...['node_modules/assemblyscript/bin/asc.js', '--config', 'asconfig.json', '--target', target],
      ...['-o', wasm, '--textFile', wat],
    ],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  const [code] = await once(asc, 'close');
  if (code !== 0) throw new Error(`asc ended with ${code} for ${target}`);
  return { bytes: readFileSync(wasm), text: readFileSync(wat, 'utf8') };
}

async function assembleScalar(simdText) {
  const { default: binaryen } = await import('binaryen');
  const F = binaryen.Features;
  const module = binaryen.parseText(lowerSimd(simdText));
  module.setFeatures(
    F.MutableGlobals | F.Multivalue | F.NontrappingFPToInt | F.SignExt | F.BulkMemory | F.BulkMemoryOpt,
  );
  if (!module.validate()) throw new Error('scalar build: the lowered module is not valid');
  binaryen.setOptimizeLevel(3);
  module.optimize();
  return Buffer.from(module.emitBinary());
}

/** Appends a custom section that names kernels and build, by which init({wasm}) knows its own core again. */
export function stamp(bytes, text) {
  const name = Buffer.from('curvesae.build');
  const content = Buffer.concat([Buffer.from([name.length]), name, Buffer.from(text)]);
  if (content.length > 127) throw new Error('stamp: longer than one LEB128 byte can say');
  return Buffer.concat([bytes, Buffer.from([0, content.length]), content]);
}

/** Builds when sources changed since the last build; returns whether it did. */
export async function buildWasm() {
  const made = join(OUT, '.stamp');
  const hash = sourceHash();
  if (existsSync(BUILD_ID) && existsSync(made) && readFileSync(made, 'utf8') === hash) return false;
  const dir = mkdtempSync(join(tmpdir(), 'curvesae-wasm-'));
  try {
    const both = ['simd', 'relaxed'].map((target) => compile(target, dir));
    const [[simd, relaxed], scalar] = await Promise.all([
      Promise.all(both),
      both[0].then(({ text }) => assembleScalar(text)),
    ]);
    const builds = { scalar, simd: simd.bytes, relaxed: relaxed.bytes };
    mkdirSync(OUT, { recursive: true });
    mkdirSync(GENERATED, { recursive: true });
    const id = hash.slice(0, 16);
    for (const [name, raw] of Object.entries(builds)) {
      const bytes = stamp(raw, `${id} ${name}`);
      if (WebAssembly.Module.imports(compileOrSkip(name, bytes)).length)
        throw new Error(`${name}.wasm has imports; the core promises none`);
      writeFileSync(join(OUT, `${name}.wasm`), bytes);
      const base64 = bytes.toString('base64');
      writeFileSync(`${GENERATED}/${name}.ts`, `${HEAD}export const base64: string =\n  '${base64}';\n`);
    }
    writeFileSync(
      BUILD_ID,
      `${HEAD}/** Identifies the kernels: first 16 hex digits of the hash of their sources. */\nexport const kernelBuildId = '${id}';\n`,
    );
    writeFileSync(join(OUT, 'simd.wat'), simd.text);
    writeFileSync(made, hash);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
  return true;
}

// Node 20 cannot compile relaxed SIMD; its imports are those of the simd build.
function compileOrSkip(name, bytes) {
  if (name === 'relaxed' && !WebAssembly.validate(bytes))
    return new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
  return new WebAssembly.Module(bytes); // compiling in the background can stand still (src/core/alive.ts)
}
