// One packet for a terminal: what it is, its layers, its bytes as `tshark -x` prints them, and its message.

import type { ByteRange, PacketView } from '../../model/document/packet.ts';
import { printable } from '../../model/text.ts';
import { isoText } from '../../model/time/iso-time.ts';

const ROW_BYTES = 16;

export function packetText(view: PacketView): string {
  const { layers, message, left_out: leftOut } = view;
  return [
    headText(view),
    ...layers.flatMap(({ name, range: [from, to], fields }) => [
      '',
      `${printable(name)}  (bytes ${from} to ${to - 1})`,
      ...fields.map((field) => `  ${printable(field.name)}: ${printable(field.value, 400)}`),
    ]),
    '',
    ...hexRows(view.hex, view.marked),
    ...(leftOut > 0 ? [`${leftOut} more bytes are not shown.`] : []),
    ...(message === null ? [] : ['', ...messageText(message)]),
    ...(view.revealed ? [] : ['', 'The payload is hidden; --reveal shows it.']),
  ].join('\n');
}

function headText({ packet, segment, ts, captured_length, original_length, checked, sha256 }: PacketView): string {
  const where = segment === null ? '' : ` of segment ${segment}`;
  const cut = captured_length < original_length ? ` of ${original_length}, the rest was not captured` : '';
  const file = {
    same: 'its file has the hash that the ledger gives',
    open: 'its file is still being written',
    file: 'of a file of your own',
  }[checked];
  const hash = sha256 === null ? '' : `: ${sha256}`;
  return `packet ${packet}${where}, ${isoText(ts)} (${ts}), ${captured_length} bytes${cut}\n${file}${hash}`;
}

function messageText({ bytes, length, packets, cut, marked }: NonNullable<PacketView['message']>): string[] {
  const from = packets.length === 1 ? `packet ${packets[0]}` : `packets ${packets[0]} to ${packets.at(-1)}`;
  const more = cut ? ', and there is more of it' : '';
  return [`message: ${length} bytes, from ${from}${more}`, ...(bytes === '' ? [] : hexRows(bytes, marked))];
}

/** `0010  48 54 …   HT…`; a row with marked bytes ends with a sign. */
function hexRows(hex: string, marked: readonly ByteRange[]): string[] {
  const rows: string[] = [];
  for (let at = 0; at * 2 < hex.length; at += ROW_BYTES) {
    const bytes = hex.slice(at * 2, (at + ROW_BYTES) * 2).match(/../gu) ?? [];
    const text = bytes.map(letter).join('');
    const isMarked = marked.some(([from, to]) => from < at + ROW_BYTES && to > at);
    const sign = isMarked ? `${' '.repeat(ROW_BYTES - bytes.length)}  <` : '';
    rows.push(`${at.toString(16).padStart(4, '0')}  ${bytes.join(' ').padEnd(ROW_BYTES * 3 - 1)}   ${text}${sign}`);
  }
  return rows;
}

function letter(digits: string): string {
  const code = Number.parseInt(digits, 16);
  return code >= 32 && code < 127 ? String.fromCharCode(code) : '.';
}
