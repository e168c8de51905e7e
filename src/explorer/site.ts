// The explorer as files by URL path: what the server answers with and what --export copies.
export type SiteFile = { file: string } | { text: string };

export interface Site {
  /** Files by path, without a leading slash. */
  files: Map<string, SiteFile>;
  /** Folders by path: every plain file in them, links that lead out excepted. */
  folders: Map<string, string>;
  /** What only a server answers, to a POST of its own pages: bytes for what they sent. */
  answers?: Map<string, (body: Uint8Array) => Promise<Uint8Array>>;
}

const TYPES: Record<string, string> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json; charset=utf-8',
  wasm: 'application/wasm',
  jpg: 'image/jpeg',
  png: 'image/png',
  svg: 'image/svg+xml',
  safetensors: 'application/octet-stream',
};

/** Media type by the last extension; unknown ones are bytes. */
export const mediaType = (path: string): string =>
  TYPES[path.slice(path.lastIndexOf('.') + 1).toLowerCase()] ?? 'application/octet-stream';

/** What a page of the explorer may do: its own scripts and data, WebAssembly, pictures it made itself. */
export const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "connect-src 'self'",
  "worker-src 'self'",
  "media-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

const MAX_PATH = 1024;

/**
 * The path that a request's target names, or undefined where it names none that could be served:
 * decoded once; no `.`, `..`, empty or hidden part, no NUL, backslash, colon or further escape.
 */
export function requestedPath(target: string): string | undefined {
  const end = target.search(/[?#]/);
  const raw = end < 0 ? target : target.slice(0, end);
  if (raw.length > MAX_PATH || !raw.startsWith('/')) return undefined;
  let path: string;
  try {
    path = decodeURIComponent(raw.slice(1));
  } catch {
    return undefined;
  }
  if (path === '') return 'index.html';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  if (/[\u0000-\u001f\u007f\\:%]/.test(path)) return undefined;
  return path.split('/').every((part) => part !== '' && !part.startsWith('.')) ? path : undefined;
}

/** The file of a path; for one in a folder, the folder and the name in it. */
export function lookUp(site: Site, path: string): SiteFile | { root: string; name: string } | undefined {
  const file = site.files.get(path);
  if (file) return file;
  for (const [prefix, root] of site.folders)
    if (path.startsWith(`${prefix}/`)) return { root, name: path.slice(prefix.length + 1) };
  return undefined;
}
