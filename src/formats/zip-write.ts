// Zip archives of stored members (PKWARE APPNOTE 4.3), each member's data aligned, so that
// readers may map it. Equal content gives equal bytes: no times, no platform.
import { InputError } from '../core/errors.js';
import { crc32 } from './zip.js';

const LOCAL_RECORD = 0x04034b50;
const CENTRAL_RECORD = 0x02014b50;
const END_RECORD = 0x06054b50;
const VERSION = 20;
const UTF8_NAMES = 0x0800;
/** Extra field of padding, as PyTorch writes it: the letters FB, a length, Zs. */
const PADDING = 0x4246;
const Z = 0x5a;
/** The largest offset without zip64. */
const MAX_SIZE = 0xfffffffe;

/** An archive of `files` in their order; each one's data begins at a multiple of `alignment` bytes. */
export function zipStored(
  files: ReadonlyMap<string, Uint8Array>,
  alignment: number,
): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder();
  let size = 22;
  const members = [...files].map(([name, data]) => {
    const label = text.encode(name);
    size += 30 + label.length + 4 + alignment + data.length + 46 + label.length;
    return { label, data };
  });
  if (size > MAX_SIZE || members.length > 0xfffe)
    throw new InputError(`a zip of ${members.length} members, ${size} bytes is too large without zip64`);
  const out = new Uint8Array(size);
  const view = new DataView(out.buffer);
  let at = 0;
  const u16 = (...values: number[]) => {
    for (const v of values) {
      view.setUint16(at, v, true);
      at += 2;
    }
  };
  const u32 = (...values: number[]) => {
    for (const v of values) {
      view.setUint32(at, v, true);
      at += 4;
    }
  };
  const bytes = (data: Uint8Array) => {
    out.set(data, at);
    at += data.length;
  };
  const placed = members.map(({ label, data }) => {
    const header = at;
    const crc = crc32(data);
    const bare = at + 30 + label.length + 4;
    const padding = (alignment - (bare % alignment)) % alignment;
    u32(LOCAL_RECORD);
    u16(VERSION, UTF8_NAMES, 0, 0, 0);
    u32(crc, data.length, data.length);
    u16(label.length, 4 + padding);
    bytes(label);
    u16(PADDING, padding);
    out.fill(Z, at, at + padding);
    at += padding;
    bytes(data);
    return { label, header, crc, size: data.length };
  });
  const directory = at;
  for (const { label, header, crc, size } of placed) {
    u32(CENTRAL_RECORD);
    u16(VERSION, VERSION, UTF8_NAMES, 0, 0, 0);
    u32(crc, size, size);
    u16(label.length, 0, 0, 0, 0);
    u32(0, header);
    bytes(label);
  }
  const length = at - directory;
  u32(END_RECORD);
  u16(0, 0, placed.length, placed.length);
  u32(length, directory);
  u16(0);
  return out.slice(0, at);
}
