import { winogradTests } from '../support/winograd.js';

const names = {
  kernel: 'f32_winograd_6x6',
  pack: 'f32_winograd_6x6_pack',
  scratch: 'f32_winograd_6x6_scratch',
} as const;

await winogradTests(6, names, [
  [4, 'F(4x4,3x3)'],
  [3, 'F(3x3,4x4)'],
  [2, 'F(2x2,5x5)'],
]);
