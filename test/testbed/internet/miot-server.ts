// Xiaomi's device cloud on UDP 8053: it answers a hello with a hello and every other packet with one of like size.
import { ADDRESSES } from '../clouds.ts';
import { SeededRandom } from '../seeded-random.ts';
import { encodeHello, encodeMiot, isHello } from '../wire/miot.ts';
import { startUdpService } from './udp-service.ts';

export async function startMiotServer(seed: number): Promise<void> {
  const random = new SeededRandom(seed, 'miot');
  const answer = (message: Buffer): Buffer | undefined => {
    if (message.length < 32) return undefined;
    return isHello(message) ? encodeHello() : encodeMiot(random, message.readUInt32BE(12), random.integer(48, 160));
  };
  const hosts = ['ot.io.mi.com', 'de.ot.io.mi.com'].flatMap((name) => ADDRESSES[name] ?? []);
  await Promise.all(hosts.map((address) => startUdpService(address, 8053, answer)));
}
