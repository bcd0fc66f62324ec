// RTSP over TCP: streams set up, logins, and the media that share the connection.
import { fieldValue, type TextHead } from '../../../decode/protocols/http.ts';
import { decodeRtsp, interleavedBytes, startsRtsp } from '../../../decode/protocols/rtsp.ts';
import { printable } from '../../../model/text.ts';
import { inspectAuthorization, inspectLogin, type Place } from '../cleartext.ts';
import type { Facts, StreamListener, StreamView } from '../facts.ts';
import { deviceOf } from '../local-address.ts';
import { report } from '../report.ts';

function tellRequest(head: TextHead, view: StreamView, facts: Facts): void {
  const server = `${view.destinationIp()}:${view.destinationPort}`;
  const place: Place = { device: deviceOf(view), channel: `RTSP ${server}` };
  facts.count('rtsp.methods', head.method);
  const agent = fieldValue(head, 'user-agent');
  if (agent !== undefined) facts.trait(place.device, 'user_agent', agent);
  if (head.method === 'SETUP' || head.method === 'PLAY') {
    report(facts, 'CLR-05', { device: place.device, subject: server, excerpt: `RTSP ${head.method} with ${server}` });
  }
  const authorization = fieldValue(head, 'authorization');
  if (authorization !== undefined) inspectAuthorization(facts, place, authorization, 'CRED-09');
  tellUserInfo(head.target, place, facts);
}

/** RFC 3986 §3.2.1: `rtsp://user:password@host/`. */
function tellUserInfo(target: string, place: Place, facts: Facts): void {
  const start = target.indexOf('//') + 2;
  const slash = target.indexOf('/', start);
  const at = target.lastIndexOf('@', slash < 0 ? target.length : slash);
  const colon = target.indexOf(':', start);
  if (start < 2 || at < start || colon < start || colon > at) return;
  inspectLogin(facts, place, 'CRED-09', target.slice(start, colon), target.slice(colon + 1, at));
}

function tellResponse(head: TextHead, view: StreamView, facts: Facts): void {
  const server = fieldValue(head, 'server');
  if (server !== undefined) facts.trait(view.sourceMac(), 'rtsp_server', printable(server, 120));
}

function bodyBytes(head: TextHead): number {
  const length = Number(fieldValue(head, 'content-length') ?? 0);
  return Number.isSafeInteger(length) && length > 0 ? length : 0;
}

/** One message or interleaved frame at `at`; 0 asks for more. */
function readOne(view: StreamView, at: number, facts: Facts): number {
  const frame = interleavedBytes(view.bytes, at, view.end);
  if (frame > 0) {
    facts.mark('media:rtp');
    return frame;
  }
  const head = decodeRtsp(view.bytes, at, view.end);
  if (head === undefined) return view.end - at < 16 && !view.full ? 0 : view.end - at;
  if (head.truncated && !view.full) return 0;
  if (head.kind === 'request') tellRequest(head, view, facts);
  else tellResponse(head, view, facts);
  return head.headBytes + bodyBytes(head);
}

export const rtsp: StreamListener = {
  service: 'rtsp',
  ports: [554, 8554],
  anyPort: true,
  recognise(view) {
    if (startsRtsp(view.bytes, view.start, view.end)) return 'yes';
    const onPort = view.destinationPort === 554 || view.sourcePort === 554;
    return onPort && view.end - view.start < 16 && !view.full ? 'more' : 'no';
  },
  read(view, facts) {
    facts.service('rtsp', 'grammar');
    facts.mark('clear:rtsp');
    for (let at = view.start; at < view.end; at = view.start + view.used) {
      const taken = readOne(view, at, facts);
      if (taken === 0) return;
      view.used += taken;
    }
  },
};
