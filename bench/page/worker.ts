// The suite in a worker, so that the page stays responsive while it computes.
import { machine, webEnvironment } from '../../src/bench/environment.web.js';
import { chosen, runSuite } from '../../src/bench/suite.js';
import type { Timing } from '../../src/bench/types.js';

export interface Start {
  only: string;
  timing: Timing;
  version: string;
}

addEventListener('message', async ({ data }: MessageEvent<Start>) => {
  try {
    const env = await webEnvironment({
      ...{ version: data.version, timing: data.timing, workerUrl: new URL('compute.js', import.meta.url) },
      say: (text) => postMessage({ say: text }),
    });
    // Its figures that need processes of their own are Node's.
    const names = chosen(data.only).filter((n) => n !== 'startup');
    postMessage({ result: await runSuite(names, env, machine()) });
  } catch (error) {
    postMessage({ error: (error as Error).message });
  }
});
