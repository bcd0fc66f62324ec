// MQTT over TCP, and inside WebSocket: clients, logins, topics and readable messages.

import { decodeMqtt, isMqttConnect, type MqttConnect, type MqttPacket } from '../../../decode/protocols/mqtt.ts';
import { MQTT_PEER } from '../../platforms/sightings.ts';
import { inspectField, inspectLogin, type Place } from '../cleartext.ts';
import type { Facts, StreamListener, StreamView } from '../facts.ts';
import { deviceOf } from '../local-address.ts';
import { maskIdentifier, maskPath, maskValue, pseudonym } from '../mask.ts';
import { sniffMedia } from '../media.ts';
import { report } from '../report.ts';
import { MESSAGE_BYTES } from '../streams/message-joiner.ts';
import { tellContent } from './message-content.ts';

/** A packet up to this size is waited for where it lies; a longer one is put together, unless it is a picture. */
const PACKET_WINDOW = 8192;
/** Of one direction; brokers allow a few dozen. */
const MAX_ALIASES = 256;
const TOPIC_CHARACTERS = 256;
/** Name of a long packet in the joiner. */
const LONG = 'mqtt';

function levelOf(view: StreamView): number {
  const level = view.memo['level'] ?? view.peer['level'];
  return typeof level === 'number' ? level : 4;
}

function tellConnect(connect: MqttConnect, view: StreamView, facts: Facts): void {
  for (const key of Object.keys(view.memo)) if (key.startsWith('alias ')) delete view.memo[key];
  view.memo['level'] = connect.level;
  facts.count('mqtt.client_ids', maskIdentifier(connect.clientId));
  facts.trait(view.sourceMac(), 'mqtt_client_id', pseudonym(connect.clientId));
  const broker = `${view.destinationIp()}:${view.destinationPort}`;
  report(facts, 'CLR-04', { device: deviceOf(view), subject: broker, excerpt: `MQTT with ${broker}` });
  tellWill(connect, view, facts);
  if (connect.userName === undefined) return;
  facts.count('mqtt.usernames', maskValue(connect.userName));
  const place: Place = { device: deviceOf(view), channel: `MQTT ${broker}` };
  if (connect.password !== undefined) inspectLogin(facts, place, 'CRED-06', connect.userName, connect.password);
}

function tellWill({ willTopic, willMessage }: MqttConnect, view: StreamView, facts: Facts): void {
  if (willTopic === undefined || willMessage === undefined) return;
  const place: Place = { device: deviceOf(view), channel: `MQTT will ${maskPath(willTopic)}` };
  const bytes = Buffer.from(willMessage);
  tellContent(bytes, 0, bytes.length, place, facts);
}

/** Version 5 §3.3.2.3.4: an empty topic is that of its alias; a topic with an alias defines the alias from now on. */
function topicOf({ topics, topicAlias }: MqttPacket, view: StreamView, facts: Facts): string {
  const topic = topics[0] ?? '';
  if (topicAlias === 0) return topic;
  const key = `alias ${topicAlias}`;
  if (topic === '') return String(view.memo[key] ?? '');
  if (view.memo[key] !== undefined || aliasCount(view) < MAX_ALIASES) view.memo[key] = topic.slice(0, TOPIC_CHARACTERS);
  else facts.cut();
  return topic;
}

function aliasCount(view: StreamView): number {
  return Object.keys(view.memo).filter((key) => key.startsWith('alias ')).length;
}

function tellPacket(packet: MqttPacket, bytes: Uint8Array, at: number, view: StreamView, facts: Facts): void {
  if (packet.connect !== undefined) tellConnect(packet.connect, view, facts);
  const topics = packet.type === 'publish' ? [topicOf(packet, view, facts)] : packet.topics;
  for (const topic of topics) if (topic !== '') facts.count('mqtt.topics', maskPath(topic));
  const place: Place = { device: deviceOf(view), channel: `MQTT ${maskPath(topics[0] ?? '')}` };
  for (const { name, value } of packet.properties) inspectField(facts, place, name, value);
  if (packet.type !== 'publish') return;
  const signed = { ...place, signPeer: MQTT_PEER };
  tellContent(bytes, at + packet.payloadFrom, at + packet.payloadTo, signed, facts);
}

/** Takes up a packet that is longer than the window; what is beyond the longest message passes by. */
function beginLong(packet: MqttPacket, at: number, view: StreamView, facts: Facts): void {
  const from = at + packet.payloadFrom;
  const isPicture = sniffMedia(view.bytes, from, view.end)?.mark.startsWith('media:') === true;
  const kept = Math.min(packet.packetBytes, MESSAGE_BYTES);
  if (
    packet.type !== 'publish' ||
    isPicture ||
    !view.joiner().append(LONG, view.bytes, at, Math.min(view.end, at + kept))
  ) {
    tellPacket(packet, view.bytes, at, view, facts);
    if (!isPicture) facts.cut();
    view.used += packet.packetBytes;
    return;
  }
  view.memo['mqtt-left'] = Math.max(0, kept - (view.end - at));
  view.memo['mqtt-beyond'] = packet.packetBytes - kept;
  view.used += Math.min(view.end - at, kept);
}

/** Adds to a long packet; reports it when it is complete. */
function goOn(left: number, at: number, view: StreamView, facts: Facts): void {
  const joiner = view.joiner();
  const taken = Math.min(left, view.end - at);
  const isKept = joiner.append(LONG, view.bytes, at, at + taken);
  view.memo['mqtt-left'] = left - taken;
  view.used += taken;
  if (isKept && taken < left) return;
  const beyond = Number(view.memo['mqtt-beyond']) + (left - taken);
  tellLong(view, facts);
  if (beyond > 0 || !isKept) facts.cut();
  view.used += beyond;
}

function tellLong(view: StreamView, facts: Facts): void {
  const joiner = view.joiner();
  const bytes = joiner.head(LONG).slice();
  joiner.drop(LONG);
  delete view.memo['mqtt-left'];
  const packet = decodeMqtt(bytes, 0, bytes.length, levelOf(view));
  if (packet !== undefined) tellPacket(packet, bytes, 0, view, facts);
}

/** After a gap a long packet cannot be completed: what arrived is reported. */
function giveUpLong(view: StreamView, facts: Facts): void {
  if (view.memo['mqtt-left'] === undefined) return;
  tellLong(view, facts);
  facts.cut();
}

/** Reads packets from `view.start + view.used` on. */
export function readMqtt(view: StreamView, facts: Facts): void {
  for (let at = view.start + view.used; at < view.end; at = view.start + view.used) {
    const left = view.memo['mqtt-left'];
    if (typeof left === 'number') {
      goOn(left, at, view, facts);
      continue;
    }
    const packet = decodeMqtt(view.bytes, at, view.end, levelOf(view));
    if (packet === undefined) {
      if (view.end - at < 5 && !view.full) return;
      view.used = view.end - view.start;
      return;
    }
    if (packet.truncated && view.end - at < PACKET_WINDOW && !view.full) return;
    if (packet.truncated) {
      beginLong(packet, at, view, facts);
      continue;
    }
    tellPacket(packet, view.bytes, at, view, facts);
    view.used += packet.packetBytes;
  }
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
    if (view.resumed) giveUpLong(view, facts);
    readMqtt(view, facts);
  },
};
