// Where pulled weights live: CURVESAE_CACHE, or the user's cache folder.
import { homedir } from 'node:os';
import { join } from 'node:path';

export function cacheFolder(): string {
  const { CURVESAE_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (CURVESAE_CACHE) return CURVESAE_CACHE;
  if (process.platform === 'win32' && LOCALAPPDATA) return join(LOCALAPPDATA, 'curvesae', 'cache');
  return join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'curvesae');
}
