// Sends one frame from an interface and ends: `node cap-send.js INTERFACE HEX`. Started by canary.ts; a process of its own
// because node-cap may abort the one it lives in.

import { createRequire } from 'node:module';

interface Sender {
  open(device: string, filter: string, bufferBytes: number, buffer: Buffer): string;
  send(buffer: Buffer, bytes: number): void;
}

/** Matches no frame, so that nothing is read. */
const NOTHING = 'less 1';
const RING_BYTES = 256 * 1024;

const [networkInterface = '', hex = ''] = process.argv.slice(2);
// node-cap keeps writing into it: it must outlive this function's stack.
const buffer = Buffer.allocUnsafeSlow(65_535);

try {
  const { Cap } = createRequire(import.meta.url)('cap') as { Cap: new () => Sender };
  const sender = new Cap();
  sender.open(networkInterface, NOTHING, RING_BYTES, buffer);
  const frame = Buffer.from(hex, 'hex');
  sender.send(frame, frame.length);
  process.exit(0);
} catch (error) {
  process.stderr.write(`${String(error).split('\n')[0] ?? ''}\n`);
  process.exit(1);
}
