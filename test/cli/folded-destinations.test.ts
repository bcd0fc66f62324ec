import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ascii, pcapFile, udp } from '../analysis/packets.ts';
import { analyze } from './analyzed.ts';

test('addresses of one name are one destination, with owner, bytes both ways and protection', (t) => {
  const device = { mac: '02:00:00:00:00:11', ip: '10.0.0.11', port: 5000 };
  const server = { mac: '02:00:00:00:00:01', ip: '8.8.8.8', port: 20_500 };
  const frames = [udp(device, server, ascii('hello '.repeat(40))), udp(server, device, ascii('good day '.repeat(60)))];
  const { out } = analyze(t, pcapFile(frames.map((bytes, i) => ({ bytes, seconds: 10 + i, nanoseconds: 0 }))));
  assert.match(out, /\nDestinations, by name\n {2}8\.8\.8\.8 +\S+ +Google .* 282 B out +582 B in {2}100 % readable\n/);
});
