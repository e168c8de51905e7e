// For esbuild: bundles that are given the core, or fetch it, do not inline it a second time. Its
// id stays: by it a core of another version is refused.
import { readFileSync } from './fs.mjs';

export const coreLeftOut = {
  name: 'core-left-out',
  setup({ onLoad }) {
    onLoad({ filter: /core[\\/]generated[\\/]wasm\.js$/ }, ({ path }) => ({
      contents: /^export const kernelBuildId.*$/m.exec(readFileSync(path, 'utf8'))[0],
    }));
  },
};
