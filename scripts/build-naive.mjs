// bench/naive/ -> dist/bench/naive.wasm: the core with every kernel that has a naive form in
// that form, and the rest (packing, small companions) as in the product. Same exports, same
// layouts: whatever runs on the product's core runs on it, only slower.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { sourceHash, stamp } from './build-wasm.mjs';
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from './fs.mjs';

const OUT = 'dist/bench';

const exported = (file) =>
  [...readFileSync(file, 'utf8').matchAll(/^export function (\w+)\(/gm)].map((m) => m[1]);

/** Entry module: each export of the core, from its naive file where there is one. */
function entry() {
  const naive = new Map();
  for (const file of globSync('bench/naive', '.ts'))
    if (dirname(file) === join('bench', 'naive')) for (const name of exported(file)) naive.set(name, file);
  const lines = ['export function heap_base(): usize { return __heap_base; }'];
  for (const [, path] of readFileSync('assembly/index.ts', 'utf8').matchAll(
    /^export \* from "\.\/(.+)";/gm,
  )) {
    const names = exported(`assembly/${path}.ts`);
    for (const name of names) {
      const from = naive.get(name) ?? `assembly/${path}.ts`;
      naive.delete(name);
      lines.push(`export { ${name} } from "../../${from.replace(/\.ts$/, '')}";`);
    }
  }
  if (naive.size)
    throw new Error(
      `bench/naive: the core has no export ${[...naive].map(([n, f]) => `${n} (${basename(f)})`).join(', ')}`,
    );
  return `${lines.join('\n')}\n`;
}

/** Builds when sources changed since the last build. */
export function buildNaive() {
  const text = entry();
  const core = sourceHash();
  const hash = createHash('sha256').update(text).update(core);
  for (const f of globSync('bench/naive', '.ts'))
    hash.update(f).update('\0').update(readFileSync(f)).update('\0');
  const made = hash.digest('hex');
  const [file, madeFile, index] = [`${OUT}/naive.wasm`, `${OUT}/naive.stamp`, `${OUT}/naive-index.ts`];
  if (existsSync(file) && existsSync(madeFile) && readFileSync(madeFile, 'utf8') === made) return;
  mkdirSync(OUT, { recursive: true });
  writeFileSync(index, text);
  const asc = ['node_modules/assemblyscript/bin/asc.js', index, '-O3', '--noAssert', '--runtime', 'stub'];
  execFileSync(
    process.execPath,
    [...asc, '--use', 'abort=', '--enable', 'simd', '--bindings', 'none', '-o', file],
    {
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  );
  // init({wasm}) takes it for the scalar core of these kernels.
  writeFileSync(file, stamp(readFileSync(file), `${core.slice(0, 16)} scalar`));
  writeFileSync(madeFile, made);
}
