// gzip (RFC 1952), unpacked whole under a bound: a small file cannot ask for a large machine. DEFLATE is fflate's.
import { Gunzip, gzipSync } from 'fflate';
import { InputError } from '../core/errors.js';
import { Allowance } from './limits.js';
import { joined } from './pieces.js';
import { crc32 } from './zip.js';

/** Packed bytes that are unpacked at a time: what one can expand to (1032 times) is far below the bound. */
const PIECE = 1 << 16;

/** InputError: no gzip, damaged, truncated, or larger inside than one file may be (formats/limits.ts). */
export function gunzip(
  bytes: Uint8Array,
  label: string,
  allowance = new Allowance(bytes.byteLength, label),
): Uint8Array<ArrayBuffer> {
  const fail = (reason: string, cause?: unknown): never => {
    throw new InputError(`${label}: not a gzip file that is read here: ${reason}`, { cause });
  };
  if (bytes.byteLength < 20 || bytes[0] !== 0x1f || bytes[1] !== 0x8b) fail('it does not begin as one');
  const parts: Uint8Array[] = [];
  let members = 1;
  const stream = new Gunzip((part) => {
    allowance.take(part.byteLength, 'unpacking it');
    parts.push(part);
  });
  stream.onmember = () => {
    members++;
  };
  try {
    for (let at = 0; at < bytes.byteLength; at += PIECE)
      stream.push(bytes.subarray(at, at + PIECE), at + PIECE >= bytes.byteLength);
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    fail((cause as Error).message, cause);
  }
  const out = joined(parts);
  const tail = new DataView(bytes.buffer, bytes.byteOffset + bytes.byteLength - 8, 8);
  // The last member's trailer is of all that was unpacked only where there is one member.
  if (
    members === 1 &&
    (tail.getUint32(4, true) !== out.byteLength >>> 0 || tail.getUint32(0, true) !== crc32(out))
  )
    fail('it is truncated or damaged (checksum differs)');
  return out;
}

/** Packed as one member, without a name or a time: the same bytes always. */
export const gzip = (bytes: Uint8Array): Uint8Array<ArrayBuffer> =>
  gzipSync(bytes, { level: 6, mtime: 0 }) as Uint8Array<ArrayBuffer>;
