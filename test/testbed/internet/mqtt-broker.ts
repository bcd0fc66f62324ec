// A broker for the plug's cloud: plain MQTT on 1883 that accepts everyone, as the testbed has one client.
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { encodePacket, type MqttPacket, PACKET, splitPackets } from '../wire/mqtt.ts';

function reply(packet: MqttPacket): Buffer | undefined {
  if (packet.type === PACKET.CONNECT) return encodePacket(PACKET.CONNACK, 0, Buffer.alloc(2));
  if (packet.type === PACKET.PINGREQ) return encodePacket(PACKET.PINGRESP, 0);
  if (packet.type !== PACKET.SUBSCRIBE) return undefined;
  return encodePacket(PACKET.SUBACK, 0, packet.body.subarray(0, 2), Buffer.from([0]));
}

function serve(socket: Socket): void {
  let waiting = Buffer.alloc(0);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    const { packets, rest } = splitPackets(Buffer.concat([waiting, chunk]));
    waiting = Buffer.from(rest);
    for (const packet of packets) {
      const bytes = reply(packet);
      if (bytes !== undefined) socket.write(bytes);
    }
  });
}

export async function startMqttBroker(): Promise<void> {
  const server = createServer(serve);
  server.listen(1883, '0.0.0.0');
  await once(server, 'listening');
}
