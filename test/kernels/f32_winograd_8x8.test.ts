import { winogradTests } from '../support/winograd.js';

const names = {
  kernel: 'f32_winograd_8x8',
  pack: 'f32_winograd_8x8_pack',
  scratch: 'f32_winograd_8x8_scratch',
} as const;

await winogradTests(8, names, [
  [6, 'F(6x6,3x3)'],
  [5, 'F(5x5,4x4)'],
  [4, 'F(4x4,5x5)'],
]);
