// dist/src/index.js, node.js and the workers' scripts -> dist/src/bundled/: what the `node` condition of
// package.json leads to. Node opens and links each module by itself, 150 of them; here a handful, and one
// more for the commands when one is called. Chunks are shared, so a class is the same one by `curvesae` and `curvesae/node`. The loader of the core is
// inside and fflate waits for the first compressed file: finding and opening the two packages was a fifth
// of an import. Bundlers for pages take the modules, of which they leave out what is not used.
import { posix } from 'node:path';
import { build } from 'esbuild';
import { readFileSync, rmSync } from './fs.mjs';

const OUT = 'dist/src/bundled';

export async function bundleNode() {
  rmSync(OUT, { recursive: true, force: true });
  await build({
    entryPoints: [
      'dist/src/index.js',
      'dist/src/node.js',
      'dist/src/pipeline/worker.node.js',
      'dist/src/bench/bench-worker.node.js',
    ],
    outdir: OUT,
    // Side by side, as deep as pipeline/: `new URL('../worker.js', import.meta.url)` and './worker.node.js' hold.
    entryNames: '[name]',
    chunkNames: 'shared-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    platform: 'node',
    // Not minified: Node prints the line that threw, and a stack trace is to name a readable place.
    external: [
      'sharp',
      'tinyglobby',
      'd3-scale',
      'd3-shape',
      'hyparquet',
      '@uwdata/flechette',
      'umap-js',
      '@huggingface/tokenizers',
    ],
    plugins: [outside, fflateLater, oneChunk],
    logLevel: 'error',
  });
}

/**
 * What the modules load when used, so that a command opens few of them, is loaded at once here: each such
 * import would cut the bundle into smaller files. Reports, with the packages that draw them, still wait.
 */
const oneChunk = {
  name: 'one-chunk',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]api[\\/](platform\.node|sources)\.js$/ }, ({ path }) => {
      const from = [];
      const code = readFileSync(path, 'utf8').replace(
        /import\('(?!\.\/pages\.js)(\.[^']+)'\)/g,
        (_, file) => {
          from.push(file);
          return `Promise.resolve(loaded${from.length - 1})`;
        },
      );
      return {
        contents: [...from.map((file, i) => `import * as loaded${i} from '${file}';`), code].join('\n'),
      };
    });
  },
};

/** fflate's exports that src/ uses, each of which loads it. */
const fflateLater = {
  name: 'fflate-later',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^fflate$/ }, () => ({ path: 'fflate', namespace: 'later' }));
    onLoad({ filter: /./, namespace: 'later' }, () => ({
      contents: [
        'import { createRequire } from "node:module";',
        'const fflate = () => createRequire(import.meta.url)("fflate");',
        'export const gzipSync = (...given) => fflate().gzipSync(...given);',
        'export const inflateSync = (...given) => fflate().inflateSync(...given);',
        'export const zlibSync = (...given) => fflate().zlibSync(...given);',
        'export function Gunzip(...given) { return new (fflate().Gunzip)(...given); }',
        'export function Unzlib(...given) { return new (fflate().Unzlib)(...given); }',
      ].join('\n'),
    }));
  },
};

/**
 * The inlined cores, the JPEG decoder and the trained network's weights stay where they are, and are loaded when used; so does the program
 * that measures a start, which must load nothing before its clock runs.
 */
const outside = {
  name: 'outside',
  setup({ onResolve }) {
    onResolve(
      {
        filter: /[\\/](generated[\\/](simd|scalar|relaxed|jpeg-turbo)|trained-weights|startup\.node)\.js$/,
      },
      ({ path, resolveDir, kind }) => {
        if (kind !== 'dynamic-import' && !path.endsWith('startup.node.js')) return undefined;
        const at = `${resolveDir.replaceAll('\\', '/')}/${path}`;
        return { path: posix.join('../..', at.slice(at.lastIndexOf('/dist/') + 6)), external: true };
      },
    );
  },
};
