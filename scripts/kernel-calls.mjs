// dist/core/simd.wasm and the parameters of its exports in assembly/ -> src/core/generated/kernels.ts.
import { globSync, readFileSync, writeFileSync } from './fs.mjs';

const HEAD = '// Written by scripts/kernel-calls.mjs from assembly/. Not in git.\n';

/** The exports of a module with the parameters that assembly/ gives them, and what it says of them. */
function kernelSignatures(module) {
  const exported = new Set(
    WebAssembly.Module.exports(module)
      .filter((e) => e.kind === 'function')
      .map((e) => e.name),
  );
  const signatures = [];
  for (const file of globSync('assembly', '.ts'))
    for (const [, doc = '', name, params, result] of readFileSync(file, 'utf8').matchAll(
      /(\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n)?export function (\w+)\(([^)]*)\)\s*:\s*(\w+)/g,
    )) {
      if (!exported.delete(name)) continue;
      const operands = params
        .split(',')
        .map((p) => p.split(':')[0].trim())
        .filter(Boolean);
      signatures.push({ name, doc, operands, result: result === 'void' ? 'void' : 'number' });
    }
  if (exported.size)
    throw new Error(`no definition found in assembly/ for exports: ${[...exported].join(', ')}`);
  return signatures;
}

/** Elementary functions and functions of one number are called as in mathematics, all others with a record. */
const positional = ({ name, operands }) => name.startsWith('f64_') || operands.length < 2;

// The TypeScript view of the ABI, where every value is a number: the exports as they are, and
// as calls with named operands. Literals that are taken apart at once are not allocated by
// engines that inline the call.
function kernelCalls(module) {
  const all = kernelSignatures(module);
  const list = (operands) => operands.map((o) => `${o}: number`);
  const raw = all.map(({ name, operands, result }) => `  ${name}(${list(operands).join(', ')}): ${result};`);
  const named = all.map((s) => {
    const { name, operands, result } = s;
    const parameters = positional(s)
      ? list(operands).join(', ')
      : `operands: { ${list(operands).join('; ')} }`;
    return `${s.doc.replace(/^(?=.)/gm, '  ')}  ${name}(${parameters}): ${result};`;
  });
  const calls = all.map((s) =>
    positional(s)
      ? `  ${s.name}: exports.${s.name},`
      : `  ${s.name}: ({ ${s.operands.join(', ')} }) =>\n    exports.${s.name}(${s.operands.join(', ')}),`,
  );
  return [
    `${HEAD}export interface KernelExports {\n${raw.join('\n')}\n}\n`,
    `export interface Kernels {\n${named.join('\n')}\n}\n`,
    `export const namedKernels = (exports: KernelExports): Kernels => ({\n${calls.join('\n')}\n});\n`,
  ].join('\n');
}

export function writeKernelCalls() {
  const module = new WebAssembly.Module(readFileSync('dist/core/simd.wasm'));
  writeFileSync('src/core/generated/kernels.ts', kernelCalls(module));
}
