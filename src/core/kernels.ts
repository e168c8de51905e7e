// The exports of the core, made from assembly/ at build time: `Kernels` with named operands,
// `KernelExports` in the order of the ABI. Pointers and lengths are numbers; docs/abi.md
// describes each.
export { type KernelExports, type Kernels, namedKernels } from './generated/kernels.js';
