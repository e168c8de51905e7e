// The explorer as static files for any host.
import { copyFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CurvesaeError, InputError } from '../core/errors.js';
import { makeFolder } from '../formats/make-folder.node.js';
import { POLICY, type Site } from './site.js';

/** Marks a folder as an export of ours, which another export may replace. */
const MARK = 'curvesae-explorer.txt';

/** Writes every file of the site below `out`. Returns their number. InputError for a folder with other content. */
export async function exportSite(
  site: Site,
  out: string,
  options: { signal?: AbortSignal; onProgress?: (done: number, total: number) => void } = {},
): Promise<{ files: number }> {
  const there = await readdir(out).catch(() => [] as string[]);
  if (there.length && !there.includes(MARK))
    throw new InputError(`${out}: is not empty and not an export of the explorer; give another folder`);
  const jobs: { path: string; from: string | undefined; text?: string }[] = [];
  for (const [path, found] of site.files)
    jobs.push('text' in found ? { path, from: undefined, text: found.text } : { path, from: found.file });
  for (const [prefix, root] of site.folders)
    for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || entry.name.startsWith('.')) continue;
      const folder = entry.parentPath ?? entry.path;
      const from = join(folder, entry.name);
      jobs.push({ path: `${prefix}/${from.slice(root.length + 1).replaceAll('\\', '/')}`, from });
    }
  try {
    await makeFolder(out, { mkdir, stat });
    await writeFile(
      join(out, MARK),
      'Written by curvesae explore --export. Serve this folder from any web host.\n',
    );
    for (const [i, { path, from, text }] of jobs.entries()) {
      options.signal?.throwIfAborted();
      const to = join(out, path);
      await makeFolder(dirname(to), { mkdir, stat });
      if (path === 'index.html') await writeFile(to, withPolicy(text ?? (await readFile(from!, 'utf8'))));
      else if (text !== undefined) await writeFile(to, text);
      else await copyFile(from!, to);
      options.onProgress?.(i + 1, jobs.length);
    }
  } catch (cause) {
    if (cause instanceof CurvesaeError) throw cause;
    throw new CurvesaeError(`${out}: cannot be written (${(cause as NodeJS.ErrnoException).code ?? cause})`, {
      cause,
    });
  }
  return { files: jobs.length };
}

/** A host that sends no headers of its own gets the policy from the page. */
const withPolicy = (html: string): string =>
  html.replace(
    '<meta charset="utf-8">',
    `<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="${POLICY}">`,
  );
