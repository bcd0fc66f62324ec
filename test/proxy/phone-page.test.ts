import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { makeAuthority } from '../../appliance/proxy/engine/authority.ts';
import { phonePage } from '../../appliance/proxy/engine/phone-page.ts';

const { certificate } = makeAuthority('Weir app proxy', new Date());
const server = createServer(phonePage(certificate, '10.77.0.1'));
after(() => server.close());

test('the page says what goes on, and gives the certificate under the type that phones install', async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const page = await fetch(base);
  assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'/);
  const text = await page.text();
  assert.match(
    text,
    /The TLS of this device is looked into[\s\S]*data:image\/svg\+xml;base64,[\s\S]*Android[\s\S]*iPhone/,
  );
  const file = await fetch(`${base}/weir-proxy-ca.crt`);
  assert.equal(file.headers.get('content-type'), 'application/x-x509-ca-cert');
  assert.equal((await fetch(`${base}/weir-proxy-ca.key`)).status, 404);
  assert.equal((await fetch(base, { method: 'POST' })).status, 405);
});
