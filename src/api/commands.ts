// The commands that every runtime has, loaded together when the first is called: a page's or Node's start-up
// does not wait for them, and they are one file more, not one for each.
export { activations } from './activations.js';
export { circuit } from './circuit.js';
export { curves } from './curves.js';
export { decode } from './decode.js';
export { decompose } from './decompose.js';
export { disentangle } from './disentangle.js';
export { embed } from './embed.js';
export { encode } from './encode.js';
export { evaluate } from './evaluate.js';
export { examples } from './examples.js';
export { families } from './families.js';
export { forward } from './forward.js';
export { hide } from './hide.js';
export { label } from './label.js';
export { modelConvert, modelInfo } from './model.js';
export { openArtefact, pack } from './pack.js';
export { physiology } from './physiology.js';
export { predict } from './predict.js';
export { run } from './run.js';
export { saeConvert, saeInfo } from './sae.js';
export { search } from './search.js';
export { evaluateSteering } from './steering.js';
export { sweep } from './sweep.js';
export { synth } from './synth.js';
export { taxonomy } from './taxonomy.js';
export { train } from './train.js';
export { visualize } from './visualize.js';
