// For esbuild: bundles that are given the core, or fetch it, do not inline it a second time. Its
// id (generated/build-id.ts) stays: by it a core of another version is refused.
export const coreLeftOut = {
  name: 'core-left-out',
  setup({ onLoad }) {
    onLoad({ filter: /core[\\/]generated[\\/](simd|scalar|relaxed)\.js$/ }, () => ({
      contents: 'export const base64 = undefined;',
    }));
  },
};
