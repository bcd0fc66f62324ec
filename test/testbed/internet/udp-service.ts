// A UDP service that answers from the very address it was asked at: one socket per address, as UDP needs it.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** Listens on `address`:`port`; `answer` gives the reply to one datagram, or undefined for silence. */
export async function startUdpService(
  address: string,
  port: number,
  answer: (message: Buffer) => Buffer | undefined,
): Promise<void> {
  const socket = createSocket('udp4');
  socket.on('message', (message, from) => {
    const reply = answer(message);
    if (reply !== undefined) socket.send(reply, from.port, from.address);
  });
  socket.bind(port, address);
  await once(socket, 'listening');
}
