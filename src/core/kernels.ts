// The exports of the core, typed from assembly/ at build time. Pointers and
// lengths are numbers; docs/abi.md describes each.
export type { KernelExports } from './generated/kernels.js';
