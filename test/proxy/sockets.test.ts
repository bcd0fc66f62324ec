import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { Destinations } from '../../appliance/proxy/engine/reach.ts';
import { join, openSocket, resolveTarget } from '../../appliance/proxy/engine/sockets.ts';

const server = createServer();
after(() => server.close());

/** Both ends of one connection. */
async function pair(): Promise<readonly [Socket, Socket]> {
  if (!server.listening) await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const near = connect(port, '127.0.0.1');
  const [far] = await accepted;
  return [near, far];
}

test('bytes of both directions are counted, and who went first is reported', async () => {
  const [phone, app] = await pair();
  const [onward, cloud] = await pair();
  const seen: string[] = [];
  const done = join(app, onward, {
    up: (bytes) => seen.push(`up ${bytes.toString()}`),
    down: (bytes) => seen.push(`down ${bytes.toString()}`),
  });
  phone.write('ask');
  assert.equal(String((await once(cloud, 'data'))[0]), 'ask');
  cloud.end('answer');
  assert.equal(String((await once(phone, 'data'))[0]), 'answer');
  phone.end();
  const { up, down, endedBy } = await done;
  assert.deepEqual([up, down, endedBy, ...seen], [3, 6, 'server', 'up ask', 'down answer']);
});

test('an end that dies takes the other with it, whatever the other still wants', async () => {
  const [phone, app] = await pair();
  const [onward, cloud] = await pair();
  cloud.on('error', () => {});
  const done = join(app, onward);
  phone.resetAndDestroy();
  const { endedBy, up } = await done;
  assert.deepEqual([endedBy, up], ['app', 0]);
});

test('a name that leads to no Internet is refused before anybody connects', async () => {
  await assert.rejects(resolveTarget('127.0.0.1', 443, new Destinations(false)), /is no address of the Internet/);
  await assert.rejects(openSocket({ name: '', address: '127.0.0.1', port: 1 }), /ECONNREFUSED/);
});
