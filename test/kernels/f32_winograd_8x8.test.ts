import { winogradTests } from '../support/winograd.js';

await winogradTests(8, [
  [6, 'F(6x6,3x3)'],
  [5, 'F(5x5,4x4)'],
  [4, 'F(4x4,5x5)'],
]);
