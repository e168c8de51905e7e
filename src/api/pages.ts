// The pages about results. Loaded when one is drawn: the packages that draw are of no use to anything else.

export { writeCircuit } from '../report/circuit.js';
export { drawContactSheet } from '../report/contact-sheet.js';
export { writeDecomposition } from '../report/decompose.js';
export { writeDisentangle } from '../report/disentangle.js';
export { writeExamples } from '../report/examples.js';
export { writeFamilies } from '../report/families.js';
export { writePhysiology } from '../report/physiology.js';
export { writeReport } from '../report/report.js';
export { drawSteering } from '../report/steering.js';
export { writeSweep } from '../report/sweep.js';
export { writeTaxonomy } from '../report/taxonomy.js';
export { writeTextExamples } from '../report/text-examples.js';
export { writeVisualize } from '../report/visualize.js';
