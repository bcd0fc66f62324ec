// A device that is forgotten is found nowhere: not in an answer of the appliance, on the broker, in the index on the card, among the
// captures, nor in the archive after its next pull. The ledger alone names it.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { startCapture } from '../../appliance/capture/main.ts';
import { CaptureClient } from '../../appliance/experiment/capture-client.ts';
import { writeScan } from '../../appliance/experiment/scan/scan-files.ts';
import { beginScan } from '../../appliance/experiment/scan/scan-record.ts';
import type { Mac } from '../../appliance/model/mac.ts';
import type { SegmentsResponse } from '../../appliance/publish/schemas/captures.ts';
import { holdArchive, releaseArchive } from '../../appliance/pull/hold.ts';
import { fromParquet } from '../../appliance/pull/tables/parquet.ts';
import { verifySite } from '../../appliance/pull/verify-archive.ts';
import { pcap, settingsFor, surroundings, temporaryFolder } from '../capture/fixture.ts';
import type { CaptureDouble } from '../publish/capture-double.ts';
import { Broker, NO_BROKER, Watcher } from '../publish/mosquitto.ts';
import { type ConfigChange, startTestAppliance, type TestAppliance } from '../publish/running.ts';
import { DataFolder, device, eventually } from '../store/data-folder.ts';
import { compactSites } from './compacted.ts';
import { pullAll, recordInto, type Served } from './recorded.ts';

const GONE = device(1) as Mac;
const STAYS = device(2);
const NAME = 'Lamp of Aunt Emmy';
const WORDS = [GONE, GONE.replaceAll(':', ''), GONE.replaceAll(':', '-'), NAME].map((word) => word.toLowerCase());
/** A real capture answers in its place. */
const NO_DOUBLE = {} as CaptureDouble;

/** A capture that has read all of an empty file, and goes on answering. */
async function captureOf(t: TestContext, dataDir: string) {
  const file = path.join(dataDir, 'nothing.pcap');
  fs.writeFileSync(file, pcap([]));
  const capture = await startCapture(settingsFor(dataDir, { file }), surroundings());
  t.after(() => capture.stop('end of test').catch(() => undefined));
  return { capture, client: new CaptureClient(path.join(dataDir, 'run', 'capture.sock')) };
}

async function serve(t: TestContext, dataDir: string, broker: Broker | null) {
  const mqtt = broker === null ? {} : { url: broker.url, username: 'weir', password_file: broker.passwordFile };
  const change: ConfigChange = (config) => ({ ...config, mqtt: { ...config.mqtt, ...mqtt } });
  return await startTestAppliance(t, change, new DataFolder(dataDir), NO_DOUBLE);
}

async function analysed({ ask }: TestAppliance, cookie: string): Promise<void> {
  const { segments } = (await ask('/api/v1/segments?limit=1000', { headers: { cookie } })).json as SegmentsResponse;
  if (segments.every((row) => row.analysed || row.state === 'deleted')) return;
  throw new Error('not all segments are analysed');
}

const found = (text: string): string[] => WORDS.filter((word) => text.toLowerCase().includes(word));

/** Where it is found in answers; every route without a parameter, and those of the device that stays. The ledger is served as it is. */
async function inAnswers({ ask }: TestAppliance, cookie: string): Promise<string[]> {
  const { json } = await ask('/api/v1/openapi.json', { headers: { cookie } });
  const { paths } = json as { paths: Record<string, Record<string, unknown>> };
  const routes = Object.entries(paths).flatMap(([route, verbs]) => ('get' in verbs ? [route] : []));
  const id = STAYS.replaceAll(':', '');
  const asked = routes
    .map((route) => (route.includes('/devices/{id}') ? route.replace('{id}', id) : route))
    .filter((route) => !route.includes('{') && !/^\/events|\/ledger|comparison|doctor/.test(route));
  assert.ok(asked.length > 20, asked.join(' '));
  const places: string[] = [];
  for (const route of [...asked, `/api/v1/devices/${GONE.replaceAll(':', '')}`, '/metrics']) {
    const answer = await ask(route, { headers: { cookie } });
    places.push(...found(answer.text).map((word) => `${route}: ${word}`));
  }
  return places;
}

function filesBelow(folder: string): string[] {
  return fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => path.join(folder, name))
    .filter((name) => fs.lstatSync(name).isFile());
}

/** In names and contents of files, rows of Parquet included; the ledger's own files are left out. */
async function inFiles(folder: string): Promise<string[]> {
  const places: string[] = [];
  for (const file of filesBelow(folder)) {
    if (/\/(ledger|incoming|forgotten|nothing)[^/]*$|table=ledger/.test(file)) continue;
    const bytes = fs.readFileSync(file);
    const isRows = file.endsWith('.parquet');
    const text = isRows ? JSON.stringify(await fromParquet(bytes)) : bytes.toString('latin1');
    const octets = bytes.includes(Buffer.from(GONE.replaceAll(':', ''), 'hex')) ? ['its octets'] : [];
    places.push(...[...found(file), ...found(text), ...octets].map((word) => `${file}: ${word}`));
  }
  return places;
}

test('a forgotten device is found in no answer, topic, file of the index, capture or archive; the ledger verifies', async (t) => {
  const folder = temporaryFolder(t);
  const dataDir = path.join(folder, 'data');
  const archive = path.join(folder, 'archive');
  for (const hour of [0, 30]) await recordInto(dataDir, { hour, count: 90, devices: [1, 2] });
  const { capture, client } = await captureOf(t, dataDir);
  const broker = NO_BROKER === false ? await Broker.start(t) : null;
  if (broker === null) t.diagnostic(`without a broker: ${String(NO_BROKER)}`);
  await client.ask({ verb: 'tag-start', tag: 'tea', device: GONE, by: 'me' });
  await client.ask({ verb: 'tag-stop', tag: 'tea', by: 'me' });
  await client.ask({
    verb: 'identify',
    device: GONE,
    name: NAME,
    vendor: '',
    category: '',
    by: 'me',
  });
  const begun = { device: GONE, address: '10.0.0.11', profile: 'quick', by: 'me', rate: 10 } as const;
  await writeScan(dataDir, { ...beginScan(begun, new Date().toISOString()), state: 'done' });

  const before = await serve(t, dataDir, broker);
  const cookie = await before.logIn();
  const made = await before.ask('/api/v1/tokens', {
    method: 'POST',
    headers: { cookie },
    body: { name: 'pull', scopes: ['summaries', 'captures'], days: 1 },
  });
  const { token } = made.json as { token: string };
  await eventually(
    'all is analysed',
    () =>
      analysed(before, cookie).then(
        () => true,
        () => false,
      ),
    120,
  );
  const hostOf = (appliance: TestAppliance): Served => ({
    ...appliance,
    dataDir,
    token,
    host: `127.0.0.1:${new URL(appliance.url).port}`,
  });
  const pull = async (appliance: TestAppliance) => {
    const [end] = await pullAll(archive, [hostOf(appliance)]);
    assert.equal(end?.error, undefined);
    assert.equal(end?.pulled?.isBehind, false);
    return end?.pulled?.forgotten;
  };
  await pull(before);
  await compactSites(archive, '2026-11-21');
  const topic = `weir/${(await client.status()).appliance}/device/${WORDS[1]}/state`;
  if (broker !== null) {
    const watcher = await Watcher.start(t, broker);
    await eventually('the broker knows it', () => watcher.newest.has(topic), 60);
  }
  assert.ok((await inAnswers(before, cookie)).length > 5, 'the search finds what is there');
  assert.ok((await inFiles(archive)).length > 5 && (await inFiles(dataDir)).length > 5);

  const owner = new CaptureClient(path.join(dataDir, 'run', 'owner.sock'));
  await owner.ask({ verb: 'forget', device: GONE, by: 'me', reason: '' });
  await before.running.forgotten;
  await before.running.stop();
  const after = await serve(t, dataDir, broker);
  await eventually(
    'all is analysed again',
    () =>
      analysed(after, cookie).then(
        () => true,
        () => false,
      ),
    120,
  );
  await eventually('its files are gone', () => !fs.existsSync(path.join(dataDir, 'captures', WORDS[2] ?? '')), 60);
  assert.deepEqual(await inAnswers(after, cookie), []);
  if (broker !== null) {
    const late = () => Watcher.start(t, broker);
    await eventually(
      'the broker keeps nothing of it',
      async () => [...(await late()).newest].every((kept) => found(kept.join(' ')).length === 0),
      60,
    );
  }
  const had = await inFiles(archive);
  const captures = filesBelow(archive).filter((name) => name.includes(WORDS[2] ?? '') && name.endsWith('.pcap'));
  assert.ok(captures.length > 0);
  await holdArchive(archive, 'a court asked', Date.now());
  const held = [{ device: GONE, captures: captures.length, isHeld: true }];
  assert.deepEqual([await pull(after), await pull(after)], [held, held]);
  for (const name of captures) assert.ok(fs.existsSync(name), name);
  const rows = (places: readonly string[]) => places.filter((place) => /table=(hour|conversation)/.test(place));
  assert.deepEqual(rows(await inFiles(archive)), rows(had));
  assert.ok(releaseArchive(archive));
  assert.deepEqual(await pull(after), [{ device: GONE, captures: captures.length, isHeld: false }]);
  assert.deepEqual(await pull(after), []);
  await after.running.stop();
  await capture.stop('test');
  assert.deepEqual(await inFiles(dataDir), []);
  assert.deepEqual(await inFiles(archive), []);
  const [site = ''] = fs.readdirSync(path.join(archive, 'sites'));
  const { problems } = await verifySite(path.join(archive, 'sites', site));
  assert.deepEqual(problems, []);
});
