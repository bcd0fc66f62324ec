// Asked last: text of protocols that nobody else knows, such as JSON over a port of the maker's own. It names no service;
// it only looks for what is unmistakable in readable bytes.
import { textAt } from '../../decode/octets.ts';
import { inspectText } from '../cleartext.ts';
import type { DatagramListener, PayloadView, StreamListener } from '../facts.ts';
import { deviceOf } from '../local-address.ts';
import { sniffMedia } from '../media.ts';

/** Readable text shorter than this is a coincidence too often. */
const LEAST = 16;
const WINDOW = 4096;

/** Whether the first bytes are printable: UTF-8 text with tabs and line ends, nothing else. */
function isText(view: PayloadView): boolean {
  if (view.end - view.start < LEAST) return false;
  const stop = Math.min(view.end, view.start + 64);
  for (let at = view.start; at < stop; at++) {
    const byte = view.bytes[at]!;
    if (byte < 0x20 ? byte !== 9 && byte !== 10 && byte !== 13 : byte === 0x7f || byte >= 0xf8) return false;
  }
  return true;
}

function channelOf(view: PayloadView, proto: string): string {
  const port = Math.min(view.sourcePort, view.destinationPort);
  return `${proto} port ${port}`;
}

export const plainStream: StreamListener = {
  service: 'text',
  ports: [],
  anyPort: true,
  recognise(view) {
    if (isText(view)) return 'yes';
    return sniffMedia(view.bytes, view.start, view.end) === undefined ? 'no' : 'yes';
  },
  read(view, facts) {
    const media = sniffMedia(view.bytes, view.start, view.end);
    if (media !== undefined && view.memo['seen'] !== true) facts.mark(media.mark);
    else if (isText(view)) {
      facts.mark('clear:text');
      inspectText(
        facts,
        { device: deviceOf(view), channel: channelOf(view, 'TCP') },
        textAt(view.bytes, view.start, view.end, WINDOW),
      );
    }
    view.memo['seen'] = true;
    view.used = view.end - view.start;
  },
};

export const plainDatagram: DatagramListener = {
  service: 'text',
  ports: [],
  anyPort: true,
  read(view, facts) {
    if (!isText(view)) return false;
    facts.mark('clear:text');
    inspectText(
      facts,
      { device: deviceOf(view), channel: channelOf(view, 'UDP') },
      textAt(view.bytes, view.start, view.end, WINDOW),
    );
    return true;
  },
};
