// Which end of a conversation serves and which one asks. Who sent the SYN is the client; without one the port speaks, and
// where that says nothing, who sent first is. A low number alone is no service: small stacks draw client ports from there
// too (lwIP from 4096 up, ESP-IDF in places from 1024). Used wherever a conversation is named by its port.

import type { TransportProtocol } from '../../model/analysis-document.ts';
import { FIRST_USER_PORT, serviceName } from './services.ts';

/** `a` sent the first packet. */
export type End = 'a' | 'b';

/** User ports of UDP that a standard gives to servers; their answers often have no question in the same conversation. */
const STANDARD_UDP = new Set([
  1194, 1701, 1812, 1813, 1900, 3478, 3702, 4500, 5060, 5349, 5351, 5353, 5355, 5683, 5684, 51_820,
]);
/** Linux draws client ports from here on (ip_local_port_range). */
export const FIRST_CHANCE_PORT = 32_768;
/** RFC 6335 §6: never assigned. */
const FIRST_EPHEMERAL_PORT = 49_152;

/**
 * @param ports of `a` and of `b`
 * @param client the end that sent a SYN, undefined where none was seen (UDP, a capture that begins later)
 */
export function serverEnd(
  proto: TransportProtocol,
  ports: readonly [a: number, b: number],
  client: End | undefined,
): End {
  if (client !== undefined) return client === 'a' ? 'b' : 'a';
  const [a, b] = ports;
  const more = rankOf(proto, a) - rankOf(proto, b);
  if (more !== 0) return more > 0 ? 'a' : 'b';
  const isAnswer = isChosen(proto, a) && !isChosen(proto, b) && b >= FIRST_CHANCE_PORT;
  return isAnswer ? 'a' : 'b';
}

/** The port of `serverEnd`. */
export function servicePort(
  proto: TransportProtocol,
  ports: readonly [a: number, b: number],
  client: End | undefined,
): number {
  return serverEnd(proto, ports, client) === 'a' ? ports[0] : ports[1];
}

/** How much a port looks like one that somebody listens on: a system service, a standard one, any other, none. */
function rankOf(proto: TransportProtocol, port: number): 0 | 1 | 2 | 3 {
  const isNamed = serviceName(proto, port) !== null;
  if (port < FIRST_USER_PORT) return isNamed ? 3 : 1;
  if (proto === 'tcp' ? isNamed : STANDARD_UDP.has(port)) return 2;
  return isNamed || port < FIRST_EPHEMERAL_PORT ? 1 : 0;
}

/** A maker's port: believed against one that systems draw by chance, not against one that a small stack may have drawn. */
function isChosen(proto: TransportProtocol, port: number): boolean {
  return port < FIRST_CHANCE_PORT && serviceName(proto, port) !== null;
}
