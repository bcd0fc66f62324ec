// CoAP over UDP: paths asked for and readable payloads.

import { textAt } from '../../../decode/octets.ts';
import { type CoapFacts, decodeCoap } from '../../../decode/protocols/coap.ts';
import { inspectBody, type Place } from '../cleartext.ts';
import type { DatagramListener, DatagramView, Facts } from '../facts.ts';
import { formFields } from '../fields.ts';
import { classifyField } from '../identifiers.ts';
import { deviceOf } from '../local-address.ts';
import { maskPath } from '../mask.ts';
import { report } from '../rules.ts';

function tellMessage(message: CoapFacts, view: DatagramView, facts: Facts): void {
  const place: Place = { device: deviceOf(view), channel: `CoAP ${message.code} ${maskPath(message.path)}` };
  if (message.request) {
    facts.count('coap.paths', maskPath(message.path));
    report(facts, 'CLR-09', { device: place.device, subject: maskPath(message.path), excerpt: place.channel });
  }
  if (message.host !== undefined) facts.name(message.host, 'host');
  for (const query of message.query) tellQuery(query, place, facts);
  const from = view.start + message.payloadFrom;
  if (view.bytes[from] === 0x7b)
    inspectBody(facts, place, 'application/json', textAt(view.bytes, from, view.end, 4096));
}

function tellQuery(query: string, place: Place, facts: Facts): void {
  for (const field of formFields(query)) {
    const sighting = classifyField(field);
    if (sighting === undefined) continue;
    const { rule, what, shown, confidence } = sighting;
    report(facts, rule, {
      device: place.device,
      subject: `${place.channel} ${what}`,
      excerpt: `${place.channel}: ${shown}`,
      confidence,
    });
  }
}

export const coap: DatagramListener = {
  service: 'coap',
  ports: [5683],
  anyPort: false,
  read(view, facts) {
    const message = decodeCoap(view.bytes, view.start, view.end);
    if (message === undefined) return false;
    facts.service('coap', 'grammar');
    facts.mark('clear:coap');
    tellMessage(message, view, facts);
    return true;
  },
};
