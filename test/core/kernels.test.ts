// The calls that the build writes: every operand by its name, to its place in the ABI.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type KernelExports, type Kernels, namedKernels } from '../../src/core/kernels.js';
import { ABI_FILES, signaturesOf } from '../support/kernels.js';

const test = suite('core/kernels');

test('named operands reach the export in the order of its parameters', () => {
  const calls: Record<string, number[]> = {};
  const record =
    (name: string) =>
    (...operands: number[]) => {
      calls[name] = operands;
      return operands.length;
    };
  const fake = new Proxy({}, { get: (_, name: string) => record(name) }) as KernelExports;
  const kernels = namedKernels(fake) as unknown as Record<string, (...operands: unknown[]) => number>;
  let named = 0;
  for (const path of ABI_FILES.values())
    for (const { name, signature } of signaturesOf(path)) {
      const parameters = [...signature.matchAll(/(\w+): /g)].map(([, parameter]) => parameter);
      const values = parameters.map((_, i) => 10 + i);
      const positional = name.startsWith('f64_') || parameters.length < 2;
      // The record's own order says nothing.
      const operands = Object.fromEntries(parameters.map((p, i) => [p, values[i]] as const).reverse());
      assert.is(positional ? kernels[name](...values) : kernels[name](operands), values.length, name);
      assert.equal(calls[name], values, name);
      if (!positional) named++;
    }
  assert.ok(named > 70);
});

// Held by the compiler: each directive fails the build where its line compiles.
export function wrongOperands({ f32_scale }: Kernels, x: number, scale: number, n: number): void {
  // @ts-expect-error: missing
  f32_scale({ x, scale, n });
  // @ts-expect-error: additional
  f32_scale({ x, scale, y: x, n, d: n });
  // @ts-expect-error: misspelt
  f32_scale({ x, scales: scale, y: x, n });
}

test.run();
