import { basename, dirname } from 'node:path';
import { machine, nodeEnvironment } from '../../bench/environment.node.js';
import { writeBench } from '../../bench/report.js';
import { chosen, runSuite, WORKS } from '../../bench/suite.js';
import { resultText } from '../../bench/table.js';
import type { Build } from '../../core/features.js';
import { nodeStorage } from '../../formats/storage.node.js';
import { command } from '../command.js';
import { version } from '../version.js';

export default command({
  summary: 'times our kernels and works on this machine',
  usage: `[--only ${Object.keys(WORKS).join(',')},memory,startup or names of kernels] [--html FILE]`,
  flags: {
    only: {
      kind: 'text',
      value: 'A,B,...',
      help: `${Object.keys(WORKS).join(', ')}, memory, startup, or kernels by name (default: all)`,
    },
    rounds: { kind: 'integer', value: 'N', help: 'rounds of all builds in turn', min: 1, default: 3 },
    ms: { kind: 'integer', value: 'N', help: 'milliseconds of a build in a round', min: 1, default: 60 },
    html: { kind: 'text', value: 'FILE', help: 'also draw a page' },
  },
  async run(context, values) {
    const { progress, signal, common } = context;
    const names = chosen(values.only);
    const environment = await nodeEnvironment({
      version: version(),
      timing: { rounds: values.rounds, milliseconds: values.ms },
      build: common.build as Build | undefined,
      say: (text) => progress.log(text),
      signal,
    });
    const result = await runSuite(names, environment, machine());
    if (values.html !== undefined) {
      const page = await writeBench(result, context.commandLine);
      await nodeStorage(dirname(values.html)).write(basename(values.html), page);
      progress.log(`${values.html}: open it in a browser`);
    }
    context.print(result, () => resultText(result));
    return 0;
  },
});
