// The worker of the live pages, from the page's side.
import { InputError } from '../../core/errors.js';
import type { RunData } from './data.js';
import type { Calls } from './protocol.js';
import { REPLACED, WorkerCalls } from './worker-calls.js';

export { REPLACED } from './worker-calls.js';

export class Compute extends WorkerCalls<Calls> {
  constructor() {
    super(new Worker(new URL('./worker.js', import.meta.url), { type: 'module' }));
  }

  /** Network and autoencoder of a run, fetched and made ready. */
  async open(run: RunData): Promise<Calls['open']['give']> {
    const lacking = run.lacks('model');
    if (lacking) throw new InputError(`the network of this run is not here: ${lacking}`);
    const absolute = (path: string) => new URL(path, document.baseURI).href;
    const answer = await this.call('open', {
      data: absolute(run.base),
      core: absolute('core'),
      index: run.index,
    });
    if (answer === REPLACED) throw new InputError('another run was opened');
    return answer;
  }
}
