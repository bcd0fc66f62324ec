// MQTT over TCP: clients, logins, topics and readable messages.

import { textAt } from '../../../decode/octets.ts';
import { decodeMqtt, isMqttConnect, type MqttConnect, type MqttPacket } from '../../../decode/protocols/mqtt.ts';
import { inspectBody, inspectLogin, type Place } from '../cleartext.ts';
import type { Facts, StreamListener, StreamView } from '../facts.ts';
import { deviceOf } from '../local-address.ts';
import { maskIdentifier, maskPath, maskValue, pseudonym } from '../mask.ts';
import { sniffMedia } from '../media.ts';
import { report } from '../rules.ts';

/** Bytes of one packet that are looked at; the rest of a longer one passes by. */
const PACKET_WINDOW = 8192;

function levelOf(view: StreamView): number {
  const level = view.memo['level'] ?? view.peer['level'];
  return typeof level === 'number' ? level : 4;
}

function tellConnect(connect: MqttConnect, view: StreamView, facts: Facts): void {
  view.memo['level'] = connect.level;
  facts.count('mqtt.client_ids', maskIdentifier(connect.clientId));
  facts.trait(view.sourceMac(), 'mqtt_client_id', pseudonym(connect.clientId));
  const broker = `${view.destinationIp()}:${view.destinationPort}`;
  report(facts, 'CLR-04', { device: deviceOf(view), subject: broker, excerpt: `MQTT with ${broker}` });
  if (connect.userName === undefined) return;
  facts.count('mqtt.usernames', maskValue(connect.userName));
  const place: Place = { device: deviceOf(view), channel: `MQTT ${broker}` };
  if (connect.password !== undefined) inspectLogin(facts, place, 'CRED-06', connect.userName, connect.password);
}

function tellPublish(packet: MqttPacket, view: StreamView, at: number, facts: Facts): void {
  const from = at + packet.payloadFrom;
  const to = Math.min(at + packet.payloadTo, from + PACKET_WINDOW);
  if (to <= from) return;
  const place: Place = { device: deviceOf(view), channel: `MQTT ${maskPath(packet.topics[0] ?? '')}` };
  const media = sniffMedia(view.bytes, from, to);
  if (media !== undefined) facts.mark(media.mark);
  if (media?.mark.startsWith('media:') === true) {
    report(facts, 'CLR-03', {
      device: place.device,
      subject: place.channel,
      excerpt: `${place.channel}: ${media.mark.slice(6)}`,
    });
  } else if (view.bytes[from] === 0x7b || view.bytes[from] === 0x5b) {
    inspectBody(facts, place, 'application/json', textAt(view.bytes, from, to, PACKET_WINDOW));
  }
}

function tellPacket(packet: MqttPacket, view: StreamView, at: number, facts: Facts): void {
  if (packet.connect !== undefined) tellConnect(packet.connect, view, facts);
  for (const topic of packet.topics) if (topic !== '') facts.count('mqtt.topics', maskPath(topic));
  if (packet.type === 'publish') tellPublish(packet, view, at, facts);
}

export const mqtt: StreamListener = {
  service: 'mqtt',
  ports: [1883],
  anyPort: true,
  recognise(view) {
    if (isMqttConnect(view.bytes, view.start, view.end)) return 'yes';
    const first = view.bytes[view.start] ?? 0;
    if (first === 0x10 && view.end - view.start < 14 && !view.full) return 'more';
    // Joined late: on its own port a whole packet is believed.
    const onPort = view.sourcePort === 1883 || view.destinationPort === 1883;
    return onPort && decodeMqtt(view.bytes, view.start, view.end)?.truncated === false ? 'yes' : 'no';
  },
  read(view, facts) {
    facts.service('mqtt', 'grammar');
    facts.mark('clear:mqtt');
    for (let at = view.start; at < view.end; at = view.start + view.used) {
      const packet = decodeMqtt(view.bytes, at, view.end, levelOf(view));
      if (packet === undefined) {
        if (view.end - at < 5 && !view.full) return;
        view.used = view.end - view.start;
        return;
      }
      if (packet.truncated && view.end - at < PACKET_WINDOW && !view.full) return;
      tellPacket(packet, view, at, facts);
      view.used += packet.packetBytes;
    }
  },
};
