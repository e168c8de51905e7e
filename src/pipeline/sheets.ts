// Contact sheets of units: the pictures of a second pass that reads only what is shown, in batches of units whose parts
// fit memory. A record says what each sheet was made from, so that a repeated call draws what is missing.
import { InputError } from '../core/errors.js';
import { canonicalJson, sha256 } from '../core/hash.js';
import { parseJsonObject } from '../formats/json.js';
import type { Storage } from '../formats/storage.js';
import { imageInput } from '../network/ops/image.js';
import type { TapInfo } from '../network/types.js';
import { placeOf, windowOf } from '../study/examples/fields.js';
import type { SheetContent, SheetPlan, SheetTile } from '../study/examples/sheet.js';
import type { TilesPayload, TilesResult } from '../study/examples/tasks.js';
import { fileStem, type Kind } from '../units/unit.js';
import { type ExamplesJob, lookedOf } from './examples.js';

/** A change here draws every sheet anew. */
const FORMAT = 1;
const FOLDER = 'sheets';
const RECORDS = 'records.json';
/** Bytes of parts of pictures that a batch holds. */
const BATCH_BYTES = 256 << 20;
/** Sheets written at a time: each waits for the disk. */
const AT_ONCE = 8;
/** Side of a part on a sheet, pixels. */
const TILE = 88;

export interface SheetsJob extends ExamplesJob {
  info: TapInfo;
  /** Identity of the pass. */
  hash: string;
  /** A sheet as a file of this ending. */
  draw(sheet: SheetContent): Promise<Uint8Array>;
  ending: string;
  /** Another number changes no result. */
  batchBytes?: number;
}

interface SheetRecord {
  file: string;
  identity: string;
  sha256: string;
}

/** Draws what is not there; resolves to the files by unit, `sheets/...`. */
export async function drawSheets(job: SheetsJob, wanted: readonly SheetPlan[]): Promise<Map<string, string>> {
  const { progress } = job;
  const folder = job.out.sub(FOLDER);
  const records = await recordsOf(folder);
  const files = new Map<string, string>();
  const missing: { sheet: SheetPlan; record: Omit<SheetRecord, 'sha256'> }[] = [];
  for (const sheet of wanted) {
    const identity = await identityOf(job, sheet);
    const file = `${fileStem(sheet.name) ?? `unit-${identity.slice(0, 12)}`}.${job.ending}`;
    files.set(sheet.name, `${FOLDER}/${file}`);
    if (await isThere(folder, records[sheet.name], file, identity)) continue;
    // Until it is drawn, nothing is known of what is there under its name.
    delete records[sheet.name];
    missing.push({ sheet, record: { file, identity } });
  }
  progress.start('sheets');
  const perBatch = Math.max(1, Math.floor((job.batchBytes ?? BATCH_BYTES) / bytesOf(job)));
  for (let first = 0; first < missing.length; first += perBatch) {
    const batch = missing.slice(first, first + perBatch);
    const contents = await contentsOf(
      job,
      batch.map(({ sheet }) => sheet),
      (share) => progress.update(Math.floor(first + share * batch.length), missing.length, 'sheets'),
    );
    for (let i = 0; i < batch.length; i += AT_ONCE) {
      job.signal?.throwIfAborted();
      await Promise.all(
        batch.slice(i, i + AT_ONCE).map(async ({ sheet, record }, j) => {
          const bytes = await job.draw(contents[i + j]);
          await folder.write(record.file, bytes);
          records[sheet.name] = { ...record, sha256: await sha256(bytes) };
        }),
      );
      const drawn = Object.entries(records).sort(([a], [b]) => (a < b ? -1 : 1));
      await folder.write(RECORDS, `${JSON.stringify(Object.fromEntries(drawn), null, 1)}\n`);
    }
  }
  const reused = wanted.length - missing.length;
  progress.finish(`${missing.length} drawn${reused ? `, ${reused} reused` : ''}`);
  return files;
}

const identityOf = ({ hash, ending }: SheetsJob, plan: SheetPlan): Promise<string> =>
  sha256(canonicalJson({ format: FORMAT, tile: TILE, hash, ending, plan }));

/** Of a sheet, at most. */
const bytesOf = ({ each, levels, model }: SheetsJob): number =>
  3 * ((levels + 2) * each * TILE ** 2 + imageInput(model.description).size ** 2);

async function recordsOf(folder: Storage): Promise<Record<string, SheetRecord>> {
  if ((await folder.size(RECORDS)) === undefined) return Object.create(null);
  try {
    const records = parseJsonObject(await folder.read(RECORDS), RECORDS) as Record<string, SheetRecord>;
    return Object.assign(Object.create(null), records);
  } catch (error) {
    if (error instanceof InputError) return Object.create(null); // cut short: all are drawn again
    throw error;
  }
}

async function isThere(
  folder: Storage,
  record: SheetRecord | undefined,
  file: string,
  identity: string,
): Promise<boolean> {
  if (record?.identity !== identity || record.file !== file) return false;
  if ((await folder.size(file)) === undefined) return false;
  return (await sha256(await folder.read(file))) === record.sha256;
}

/** What is read of one picture, and where it goes. */
interface Wanted {
  windows: number[];
  places: { row: (SheetTile | undefined)[]; at: number; tile: Omit<SheetTile, 'pixels'> }[];
  maps: Partial<Record<Kind, number[]>>;
  whole: { content: SheetContent; plan: SheetPlan; kind: Kind; nth: number }[];
}

/** What is on the sheets, read from the pictures. `onShare`: of the pictures, 0 to 1. */
export async function contentsOf(
  job: ExamplesJob & { info: TapInfo },
  plans: readonly SheetPlan[],
  onShare: (share: number) => void,
): Promise<SheetContent[]> {
  const contents = plans.map(
    ({ text, rows }): SheetContent => ({
      ...text,
      tile: TILE,
      rows: rows.map((row) => new Array(row.length)),
    }),
  );
  const wanted = wantedOf(job, plans, contents);
  const pictures = [...wanted.keys()].sort((a, b) => a - b);
  const looked = lookedOf(job);
  let done = 0;
  await job.pool.mapOrdered<number, TilesResult>(
    pictures,
    (picture) => {
      const { windows, maps } = wanted.get(picture)!;
      const payload: TilesPayload = {
        ...{ ...looked, ref: job.images[picture], tile: TILE, maps },
        windows: Int32Array.from(windows),
      };
      return { name: 'tiles', payload };
    },
    (result, i) => {
      if ('failure' in result)
        throw new InputError(
          `${result.failure.reason}; it could be read before: repeat the command when it can be again`,
        );
      put(job, wanted.get(pictures[i])!, result);
      onShare(++done / pictures.length);
    },
    { ahead: 2, signal: job.signal },
  );
  return contents;
}

function wantedOf(
  { info, model }: Pick<SheetsJob, 'info' | 'model'>,
  plans: readonly SheetPlan[],
  contents: readonly SheetContent[],
): Map<number, Wanted> {
  const { size } = imageInput(model.description);
  const all = new Map<number, Wanted>();
  const of = (picture: number): Wanted => {
    const found = all.get(picture) ?? { windows: [], places: [], maps: {}, whole: [] };
    all.set(picture, found);
    return found;
  };
  for (const [s, plan] of plans.entries()) {
    for (const [r, row] of plan.rows.entries())
      for (const [at, { picture, position, value }] of row.entries()) {
        const { left, top, side } = windowOf(info, size, plan.field, position);
        const { y, x } = placeOf(info, size, plan.field, position);
        const mark = {
          left: ((x - left - (info.stride - 1) / 2) * TILE) / side,
          top: ((y - top - (info.stride - 1) / 2) * TILE) / side,
          side: (info.stride * TILE) / side,
        };
        const { windows, places } = of(picture);
        windows.push(left, top, side);
        places.push({ row: contents[s].rows[r], at, tile: { value, mark } });
      }
    const [first] = plan.rows[0];
    if (!plan.map || !first) continue;
    const { kind, index } = plan.map;
    const { maps, whole } = of(first.picture);
    maps[kind] ??= [];
    whole.push({ content: contents[s], plan, kind, nth: maps[kind].push(index) - 1 });
  }
  return all;
}

function put(
  { info, model }: Pick<SheetsJob, 'info' | 'model'>,
  { places, whole }: Wanted,
  { tiles, pixels, maps }: Exclude<TilesResult, { failure: unknown }>,
): void {
  const { size } = imageInput(model.description);
  const bytes = TILE * TILE * 3;
  for (const [i, { row, at, tile }] of places.entries())
    row[at] = { ...tile, pixels: tiles.subarray(i * bytes, (i + 1) * bytes) };
  for (const { content, plan, kind, nth } of whole) {
    const { crop } = placeOf(info, size, plan.field, plan.rows[0][0].position);
    content.strongest = { pixels: pixels!, size, crop, map: maps[kind]![nth], grid: info };
  }
}
