// All modules behind dist/src/index.js -> dist/src/bundled/modules.js: a runtime opens, links and a page
// fetches one file where there were 140. Each module stays at its address and hands on what the bundle
// has, so every class exists once whichever way it is imported. tsc's own output is kept in dist/.tsc,
// because tsc writes only what changed.
import { posix } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from './fs.mjs';

const KEPT = 'dist/.tsc';
const ENTRY = 'dist/src/index.js';
// As deep as study/pool.web.js, whose `new URL('../worker.js', import.meta.url)` it takes up.
const BUNDLE = 'dist/src/bundled/modules.js';

/** Before tsc: its own files where they were, except where tsc has written newer ones since. */
export function restoreModules() {
  for (const path of existsSync(KEPT) ? globSync(KEPT, '.js') : []) {
    const to = `dist/${posix.relative(KEPT, path.replaceAll('\\', '/'))}`;
    const stub =
      !existsSync(to) ||
      /^export \{[^}]*\} from '[^']*bundled\/modules\.js';\n$/.test(readFileSync(to, 'utf8'));
    if (stub) cpSync(path, to);
  }
  rmSync(KEPT, { recursive: true, force: true });
  rmSync(posix.dirname(BUNDLE), { recursive: true, force: true });
}

/** After everything that bundles or imports tsc's files. */
export async function bundleModules() {
  const modules = await reached();
  const names = await exportedNames(modules);
  const { outputFiles } = await build({
    ...OPTIONS,
    stdin: {
      contents: modules.map((path) => handOn(names.get(path), `./${path}`, false)).join(''),
      resolveDir: '.',
    },
    legalComments: 'none',
    banner: { js: '// curvesae: the modules of its public API in one file; scripts/bundle-modules.mjs.' },
  });
  for (const path of modules) {
    mkdirSync(posix.dirname(`${KEPT}/${path.slice(5)}`), { recursive: true });
    writeFileSync(`${KEPT}/${path.slice(5)}`, readFileSync(path));
  }
  mkdirSync(posix.dirname(BUNDLE), { recursive: true });
  writeFileSync(BUNDLE, outputFiles[0].text);
  for (const path of modules) {
    const to = posix.relative(posix.dirname(path), BUNDLE);
    writeFileSync(path, handOn(names.get(path), to.startsWith('.') ? to : `./${to}`, true));
  }
}

const OPTIONS = {
  bundle: true,
  write: false,
  format: 'esm',
  target: 'es2022',
  platform: 'neutral',
  packages: 'external',
  logLevel: 'error',
  plugins: [
    {
      // What is imported when it is needed stays a file of its own.
      name: 'lazy-modules',
      setup({ onResolve }) {
        onResolve({ filter: /./ }, ({ kind, path, resolveDir }) => {
          if (kind !== 'dynamic-import') return undefined;
          const at = posix.relative(
            process.cwd().replaceAll('\\', '/'),
            posix.resolve(resolveDir.replaceAll('\\', '/'), path),
          );
          return { path: posix.relative(posix.dirname(BUNDLE), at), external: true };
        });
      },
    },
  ],
};

async function reached() {
  const { metafile } = await build({ ...OPTIONS, entryPoints: [ENTRY], metafile: true, treeShaking: false });
  return Object.keys(metafile.inputs).sort();
}

/** By module, its exports and their names in the bundle: the same ones, unless two modules differ. */
async function exportedNames(modules) {
  const taken = new Map();
  const names = new Map();
  for (const path of modules) {
    const own = [];
    for (const [name, value] of Object.entries(await import(pathToFileURL(path).href))) {
      let unique = name;
      for (let i = 2; taken.has(unique) && taken.get(unique) !== value; i++) unique = `${name}$${i}`;
      const first = !taken.has(unique);
      taken.set(unique, value);
      own.push({ name, unique, first });
    }
    names.set(path, own);
  }
  return names;
}

function handOn(names, from, outward) {
  const list = (outward ? names : names.filter(({ first }) => first)).map(({ name, unique }) => {
    const [a, b] = outward ? [unique, name] : [name, unique];
    return a === b ? a : `${a} as ${b}`;
  });
  return `export { ${list.join(', ')} } from '${from}';\n`;
}
