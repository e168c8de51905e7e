// Crops of units as picture files that a page holds.
import type { Crops } from '../pipeline/crops.js';
import type { CropFile, CropFiles } from '../report/strip.js';
import type { Platform } from './platform.js';

/** A strip of crops by unit, of those that have any; none where no pages are drawn. */
export async function cropFiles({ report }: Platform, crops: Crops): Promise<CropFiles> {
  const files = new Map<string, CropFile>();
  if (!report) return files;
  for (const [unit, tiles] of crops) if (tiles.length) files.set(unit, await report.strip(tiles));
  return files;
}
