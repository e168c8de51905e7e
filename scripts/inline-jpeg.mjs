// node_modules/@cwasm/jpeg-turbo/jpeg-turbo.wasm -> src/images/generated/jpeg-turbo.ts: the
// decoder's bytes inlined, so that they load behind any bundler and any CSP.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from './fs.mjs';

const GENERATED = 'src/images/generated/jpeg-turbo.ts';

export function inlineJpeg() {
  const { version } = JSON.parse(readFileSync('node_modules/@cwasm/jpeg-turbo/package.json', 'utf8'));
  const first = `// Written by scripts/inline-jpeg.mjs from @cwasm/jpeg-turbo ${version} (THIRD-PARTY-NOTICES.md). Not in git.`;
  if (existsSync(GENERATED) && readFileSync(GENERATED, 'utf8').startsWith(first)) return;
  const bytes = readFileSync('node_modules/@cwasm/jpeg-turbo/jpeg-turbo.wasm');
  mkdirSync('src/images/generated', { recursive: true });
  writeFileSync(GENERATED, `${first}\nexport const jpegTurbo: string =\n  '${bytes.toString('base64')}';\n`);
}
