import { doctor } from '../../api/doctor.node.js';
import { command } from '../command.js';

export default command({
  summary: 'what runs here, and what is missing',
  usage: '',
  flags: {},
  async run({ common, print }) {
    const report = await doctor({ build: common.build });
    const { version, engine, node, v8, platform, cores, memory, checks } = report;
    print(report, () =>
      [
        `curvesae ${version}  kernels ${engine.buildId}`,
        `node ${node} (v8 ${v8}), ${platform}, ${cores} cores, ${memory.totalMB} MB`,
        `default build: ${engine.build} (${engine.reason})`,
        ...checks.map((c) => `  ${c.ok ? 'ok     ' : 'missing'}  ${c.name}: ${c.detail}`),
      ].join('\n'),
    );
    // A missing opt-in build is news, not a fault.
    return checks.some((c) => !c.ok && c.name !== 'build relaxed') ? 1 : 0;
  },
});
