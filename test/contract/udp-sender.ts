// `node udp-sender.js ADDRESS PORT COUNT PER_SECOND BYTES`: numbered datagrams, in order, then ends.

import dgram from 'node:dgram';

const [address = '', port = '', count = '', perSecond = '', bytes = ''] = process.argv.slice(2);
const socket = dgram.createSocket('udp4');
const payload = Buffer.alloc(Number(bytes), 0x20);
const started = performance.now();

for (let i = 0; i < Number(count); i++) {
  const dueMs = Number(perSecond) === 0 ? 0 : (i * 1000) / Number(perSecond) - (performance.now() - started);
  if (dueMs > 1) await new Promise((resolve) => setTimeout(resolve, dueMs));
  payload.writeUInt32BE(i, 0);
  await new Promise<void>((resolve, reject) => {
    socket.send(payload, Number(port), address, (error) => (error === null ? resolve() : reject(error)));
  });
}
socket.close();
