// Zip archives, read strictly from the central directory (PKWARE APPNOTE 4.3): stored and
// deflated members only. DEFLATE itself is fflate's; every bound is checked before it runs.
import { inflateSync } from 'fflate';
import { InputError, shown } from '../core/errors.js';
import { Allowance } from './limits.js';

const MAX_ENTRIES = 1024;
const MAX_NAME = 1024;

const END_RECORD = 0x06054b50;
const CENTRAL_RECORD = 0x02014b50;
const LOCAL_RECORD = 0x04034b50;
const ZIP64_RECORD = 0x06064b50;
const ZIP64 = 0xffffffff;

interface Member {
  name: string;
  method: number;
  crc: number;
  packed: number;
  size: number;
  /** Where its local header begins. */
  header: number;
}

/** Files of an archive by name (folders are left out); what is unpacked is taken from `allowance`. InputError on anything unusual. */
export function unzip(
  bytes: Uint8Array,
  label: string,
  allowance = new Allowance(bytes.byteLength, label),
): Map<string, Uint8Array> {
  const fail = (reason: string): never => {
    throw new InputError(`${label}: not a zip that is read here: ${reason}`);
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { members, directory } = readDirectory(bytes, view, fail);
  for (const { method, name, size } of members)
    if (method !== 0) allowance.take(size, `unpacking member '${shown(name)}'`);
  const out = new Map<string, Uint8Array>();
  let end = 0;
  for (const member of [...members].sort((a, b) => a.header - b.header)) {
    const { name, header, packed, method, size, crc } = member;
    if (header < end) fail(`member '${shown(name)}' overlaps another`);
    if (header + 30 > directory || view.getUint32(header, true) !== LOCAL_RECORD)
      fail(`member '${shown(name)}' has no local header (truncated?)`);
    const nameLength = view.getUint16(header + 26, true);
    const data = header + 30 + nameLength + view.getUint16(header + 28, true);
    end = data + packed;
    if (end > directory) fail(`member '${shown(name)}' reaches past its data (truncated?)`);
    if (nameOf(bytes.subarray(header + 30, header + 30 + nameLength)) !== name)
      fail(`member '${shown(name)}' has another name in its local header`);
    if (view.getUint16(header + 6, true) & 1) fail(`member '${shown(name)}' is encrypted`);
    if (name.endsWith('/')) continue;
    const source = bytes.subarray(data, end);
    const content = method === 0 ? source : inflate(source, size, name, fail);
    if (content.byteLength !== size || crc32(content) !== crc)
      fail(`member '${shown(name)}' is corrupt (checksum differs)`);
    out.set(name, content);
  }
  return out;
}

function readDirectory(bytes: Uint8Array, view: DataView, fail: (reason: string) => never) {
  // The end record is 22 bytes and an optional comment, which is refused: nothing may follow.
  const at = bytes.byteLength - 22;
  if (at < 0 || view.getUint32(at, true) !== END_RECORD) fail('no end record (truncated?)');
  const count = view.getUint16(at + 10, true);
  const length = view.getUint32(at + 12, true);
  const directory = view.getUint32(at + 16, true);
  if (view.getUint32(at + 4, true) !== 0 || view.getUint16(at + 8, true) !== count) fail('several volumes');
  if (view.getUint16(at + 20, true) !== 0) fail('its end record is damaged');
  if (count === 0xffff || length === ZIP64 || directory === ZIP64) fail('zip64');
  if (count > MAX_ENTRIES) fail(`${count} members, more than the limit of ${MAX_ENTRIES}`);
  // PyTorch adds zip64 end records (56 + 20 bytes) to small archives too; the plain one must say it all.
  const gap = at - directory - length;
  const zip64 =
    gap === 76 &&
    view.getUint32(at - 76, true) === ZIP64_RECORD &&
    view.getBigUint64(at - 76 + 32, true) === BigInt(count) &&
    view.getBigUint64(at - 76 + 48, true) === BigInt(directory);
  if (gap !== 0 && !zip64) fail('its directory does not lie where the end record says');
  const end = at - gap;
  const members: Member[] = [];
  const names = new Set<string>();
  let p = directory;
  for (let i = 0; i < count; i++) {
    if (p + 46 > end || view.getUint32(p, true) !== CENTRAL_RECORD) fail('its directory is damaged');
    const flags = view.getUint16(p + 8, true);
    const method = view.getUint16(p + 10, true);
    const [crc, packed, size] = [16, 20, 24].map((o) => view.getUint32(p + o, true));
    const nameLength = view.getUint16(p + 28, true);
    const next = p + 46 + nameLength + view.getUint16(p + 30, true) + view.getUint16(p + 32, true);
    if (next > end || nameLength > MAX_NAME) fail('its directory is damaged');
    const name = nameOf(bytes.subarray(p + 46, p + 46 + nameLength));
    if (names.has(name)) fail(`two members are named '${shown(name)}'`);
    if (name === '' || /(^|[/\\])\.\.([/\\]|$)|^[/\\]|^[a-zA-Z]:|\0/.test(name))
      fail(`member '${shown(name)}' points outside`);
    // Unix mode in the upper half of the external attributes: 0o120000 is a symbolic link.
    if (((view.getUint32(p + 38, true) >>> 16) & 0o170000) === 0o120000)
      fail(`member '${shown(name)}' is a link`);
    if (flags & 0x41) fail(`member '${shown(name)}' is encrypted`);
    if (method !== 0 && method !== 8) fail(`member '${shown(name)}' uses compression ${method}`);
    const header = view.getUint32(p + 42, true);
    if (packed === ZIP64 || size === ZIP64 || header === ZIP64) fail('zip64');
    if (method === 0 && packed !== size) fail(`member '${shown(name)}' is stored with two lengths`);
    names.add(name);
    members.push({ name, method, crc, packed, size, header });
    p = next;
  }
  if (p !== end) fail('its directory is damaged');
  return { members, directory };
}

const nameOf = (bytes: Uint8Array): string => new TextDecoder('utf-8').decode(bytes);

/** At most `size` bytes are kept, whatever the stream holds; the checksum tells. */
function inflate(
  source: Uint8Array,
  size: number,
  name: string,
  fail: (reason: string) => never,
): Uint8Array {
  try {
    return inflateSync(source, { out: new Uint8Array(size) });
  } catch (cause) {
    return fail(`member '${shown(name)}' cannot be unpacked (${(cause as Error).message})`);
  }
}

let table: Uint32Array | undefined;

/** CRC-32 of zip and gzip (polynomial 0xedb88320, reflected). */
export function crc32(bytes: Uint8Array): number {
  table ??= Uint32Array.from({ length: 256 }, (_, n) => {
    let c = n;
    for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    return c;
  });
  let c = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) c = table[(c ^ bytes[i]) & 255] ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}
