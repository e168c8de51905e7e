// The pages about results. Loaded when one is drawn: the packages that draw are of no use to anything else.
export { writeDisentangle } from '../report/disentangle.js';
export { writeReport } from '../report/report.js';
export { writeSweep } from '../report/sweep.js';
