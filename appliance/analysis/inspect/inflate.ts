// Looks into gzip and zlib bodies as far as they were seen: a field is as readable in compressed text as in plain.
import { constants, gunzipSync, inflateSync } from 'node:zlib';

/** Output is capped so that a bomb costs no more than this; input is what the caller holds (at most some KiB). */
const OUTPUT_LIMIT = 65536;

/** The plain bytes of a gzip (RFC 1952) or zlib (RFC 1950) body, cut or whole; `undefined` where it is neither. */
export function gunzipHead(bytes: Uint8Array, start: number, end: number): Uint8Array | undefined {
  const first = bytes[start];
  const second = bytes[start + 1];
  if (end - start < 12) return undefined;
  if (first === 0x1f && second === 0x8b) return unpack(gunzipSync, bytes.subarray(start, end));
  if (first === 0x78 && (second === 0x9c || second === 0xda || second === 0x01))
    return unpack(inflateSync, bytes.subarray(start, end));
  return undefined;
}

function unpack(method: typeof gunzipSync, body: Uint8Array): Uint8Array | undefined {
  try {
    return method(body, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: OUTPUT_LIMIT });
  } catch {
    // Damaged or larger than the limit: a compressed body that stays unread, nothing to tell anyone.
    return undefined;
  }
}
