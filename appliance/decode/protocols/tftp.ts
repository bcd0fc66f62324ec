// TFTP requests (RFC 1350 §5): which file is asked for. Data moves on other ports and is not followed.
import { indexOfByte, isAsciiLine, textAt, u16 } from '../octets.ts';

export interface TftpFacts {
  readonly kind: 'read' | 'write';
  readonly file: string;
  readonly mode: string;
}

const MODES = new Set(['netascii', 'octet', 'mail']);

/** `undefined` for anything but a read or write request. */
export function decodeTftp(bytes: Uint8Array, start: number, end: number): TftpFacts | undefined {
  const opcode = u16(bytes, start);
  if (end - start < 6 || (opcode !== 1 && opcode !== 2)) return undefined;
  const fileEnd = indexOfByte(bytes, 0, start + 2, end);
  const modeEnd = fileEnd < 0 ? -1 : indexOfByte(bytes, 0, fileEnd + 1, end);
  if (modeEnd < 0 || fileEnd === start + 2 || !isAsciiLine(bytes, start + 2, fileEnd)) return undefined;
  const mode = textAt(bytes, fileEnd + 1, modeEnd, 16).toLowerCase();
  return MODES.has(mode)
    ? { kind: opcode === 1 ? 'read' : 'write', file: textAt(bytes, start + 2, fileEnd), mode }
    : undefined;
}
