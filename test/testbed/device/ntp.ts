// A device's clock: one request per address that the pool's name resolves to (RFC 5905 §7.3, client mode).
import { resolveAll, sendDatagram } from './net.ts';

const PACKET_BYTES = 48;

/** Asks at most `most` servers; an unanswered one is no error. */
export async function askTime(name: string, most = 1): Promise<void> {
  const addresses = await resolveAll(name);
  for (const to of addresses.slice(0, most)) {
    const message = Buffer.alloc(PACKET_BYTES);
    message[0] = 0x23; // version 4, client
    await sendDatagram({ to, port: 123, message, replyMs: 1000 });
  }
}
