import assert from 'node:assert/strict';
import { createServer, request } from 'node:http';
import { type AddressInfo, createServer as createTcp, type Server } from 'node:net';
import { after, test } from 'node:test';
import { plainHttp } from '../../appliance/proxy/engine/plain-http.ts';
import { Destinations } from '../../appliance/proxy/engine/reach.ts';

const open: Server[] = [];
after(() => {
  for (const server of open) server.close();
});

async function listen(server: Server): Promise<number> {
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

function ask(port: number, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'proxy-authorization': 'Basic c2VjcmV0', connection: 'close' };
    const asked = request({ port, host: '127.0.0.1', path, headers, agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      answer.on('end', () => resolve(`${answer.statusCode} ${text}`));
    });
    asked.on('error', reject).end();
  });
}

test('HTTP without TLS goes on to its server, without what was for the proxy alone', async () => {
  const server = createServer((asked, answer) =>
    answer.end(`${asked.url} ${asked.headers['proxy-authorization'] ?? 'none'}`),
  );
  const port = await listen(server);
  const proxy = await listen(createTcp(plainHttp(new Destinations(true), (_asked, answer) => answer.end('own page'))));
  assert.equal(await ask(proxy, `http://127.0.0.1:${port}/a?b=c`), '200 /a?b=c none');
  assert.equal(await ask(proxy, '/'), '200 own page');
});

test('nobody reaches the machine itself or its network through it', async () => {
  const proxy = await listen(createTcp(plainHttp(new Destinations(false), (_asked, answer) => answer.end('own page'))));
  assert.match(await ask(proxy, 'http://127.0.0.1:22/'), /^502 127\.0\.0\.1 is no address of the Internet/);
  assert.match(await ask(proxy, 'http://[::1]:22/'), /^502 ::1 is no address of the Internet/);
});
