// A device with open ports, run inside a network namespace by scanning.test.ts. Its banners are hostile.

import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

const [tcp = '', udp = ''] = process.argv.slice(2);
const numbers = (text: string) => text.split(',').filter(Boolean).map(Number);
const HOSTILE = '\u001b[2J<script>alert(1)</script>\u202e"; DROP TABLE';

for (const port of numbers(tcp)) {
  createServer((socket) => {
    socket.on('error', () => socket.destroy());
    if (port === 22) socket.end(`SSH-2.0-${HOSTILE}\r\n`);
    else if (port === 1883) socket.once('data', () => socket.end(Buffer.from([0x20, 2, 0, 0])));
    else
      socket.once('data', () =>
        socket.end(`HTTP/1.1 401 Unauthorized\r\nServer: ${HOSTILE}\r\nContent-Length: 0\r\n\r\n`),
      );
  }).listen(port, '0.0.0.0');
}
for (const port of numbers(udp)) createSocket('udp4').bind(port);

// What it says of itself, so that it is known: DNS questions to the appliance.
// Its own port is among none that nmap asks.
const out = createSocket('udp4').bind(60_999);
setInterval(
  () =>
    out.send('\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07example\x03com\x00\x00\x01\x00\x01', 53, '10.88.0.1'),
  200,
);
process.stdout.write('ready\n');
