// On a narrow line: the page's first load, and what it asks again and again, as they pass over the wire.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { get, type IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { DevicesResponse } from '../../appliance/publish/schemas/devices.ts';
import { DataFolder, device, eventually, GATEWAY, record, START_NS, udpFrame } from '../store/data-folder.ts';
import { PAGE_FOLDER } from '../web/browser.ts';
import { startTestAppliance } from './running.ts';

interface Sent {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** As it came, still in its coding. */
  readonly body: Buffer;
}

function fetchRaw(url: string, headers: Readonly<Record<string, string>>): Promise<Sent> {
  return new Promise((done, fail) => {
    get(url, { headers }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.once('error', fail);
      answer.once('end', () =>
        done({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(parts) }),
      );
    }).once('error', fail);
  });
}

/** Enough devices for an answer that is worth compressing. */
function fill(folder: DataFolder): void {
  for (let last = 1; last <= 5; last++) {
    const segment = folder.open(device(last), START_NS);
    const ends = { from: device(last), to: GATEWAY, source: `10.0.0.${last + 10}`, destination: '93.184.216.34' };
    const payload = Buffer.alloc(48, 0x23);
    folder.append(segment, record(udpFrame({ ...ends, sourcePort: 123, destinationPort: 123, payload }), START_NS));
    folder.close(segment);
  }
}

test('what is asked again comes compressed, and not at all where nothing changed', async (t) => {
  const folder = DataFolder.make(t);
  fill(folder);
  const appliance = await startTestAppliance(t, undefined, folder);
  const cookie = await appliance.logIn();
  const ask = (path: string, more: Record<string, string> = {}) =>
    fetchRaw(`${appliance.url}/${path}`, { cookie, ...more });
  const rows = async () => JSON.parse((await ask('api/v1/devices')).body.toString()) as DevicesResponse;
  await eventually('all devices are there', async () => (await rows()).devices.length >= 5, 60);

  const plain = await ask('api/v1/devices');
  assert.equal(plain.headers['content-encoding'], undefined);
  const packed = await ask('api/v1/devices', { 'accept-encoding': 'br, gzip' });
  assert.equal(packed.headers['content-encoding'], 'gzip');
  assert.ok(packed.body.length < plain.body.length / 3, `${packed.body.length} of ${plain.body.length}`);
  const { devices } = JSON.parse(gunzipSync(packed.body).toString()) as DevicesResponse;
  assert.deepEqual(devices, (await rows()).devices);
  assert.match(String(packed.headers.vary), /accept-encoding/);
  const refused = await ask('api/v1/devices', { 'accept-encoding': 'gzip;q=0' });
  assert.equal(refused.headers['content-encoding'], undefined);

  for (const path of ['api/v1/devices', 'api/v1/sentences', 'api/v1/flows?by=device', 'api/v1/findings']) {
    const { headers } = await ask(path);
    const again = await ask(path, { 'if-none-match': `"other", ${headers.etag}` });
    assert.deepEqual([again.status, again.body.length], [304, 0], path);
    const other = await ask(path, { 'if-none-match': 'W/"other"' });
    assert.equal(other.status, 200, path);
  }

  // Another device is another answer.
  const { headers: before } = await ask('api/v1/sentences');
  const late = folder.open(device(9), START_NS + 1_000_000_000n);
  const ends = { from: device(9), to: GATEWAY, source: '10.0.0.99', destination: '93.184.216.34' };
  const frame = udpFrame({ ...ends, sourcePort: 123, destinationPort: 123, payload: Buffer.alloc(48, 0x23) });
  folder.append(late, record(frame, START_NS + 1_000_000_000n));
  const isNew = async () => (await ask('api/v1/sentences', { 'if-none-match': String(before.etag) })).status === 200;
  await eventually('the new device is reported', isNew, 60);
});

const noPage = existsSync(join(PAGE_FOLDER, 'index.html')) ? false : 'the page is not built: npm run build:web';

test('the first load of the page is 100 kB at most', { skip: noPage }, async (t) => {
  const appliance = await startTestAppliance(t);
  const load = (path: string) => fetchRaw(`${appliance.url}/${path}`, { 'accept-encoding': 'gzip' });
  const index = await load('');
  assert.equal(index.headers['content-encoding'], 'gzip');
  const html = gunzipSync(index.body).toString();
  const files = [...html.matchAll(/(?:src|href)="\.\/([^"]+)"/g)].map(([, path = '']) => path);
  assert.ok(files.some((path) => path.endsWith('.js')) && files.some((path) => path.endsWith('.css')), html);
  let bytes = index.body.length;
  for (const path of files) {
    const { status, body } = await load(path);
    assert.equal(status, 200, path);
    bytes += body.length;
  }
  assert.ok(bytes <= 100_000, `${bytes} bytes`);
});
