import { winogradTests } from '../support/winograd.js';

await winogradTests(6, [
  [4, 'F(4x4,3x3)'],
  [3, 'F(3x3,4x4)'],
  [2, 'F(2x2,5x5)'],
]);
