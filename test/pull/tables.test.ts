import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { AnalysisDocument } from '../../appliance/model/analysis-document.ts';
import type { FlowsResponse } from '../../appliance/publish/schemas/flows.ts';
import { compactDays } from '../../appliance/pull/tables/hourly-files.ts';
import { temporaryFolder } from '../capture/fixture.ts';
import { ask, newest } from './duckdb.ts';
import { HOUR, pullAll, recordInto, SECRET, type Served, serve } from './recorded.ts';

const LATER = (HOUR + 40 * 86_400) * 1000;

interface Hour {
  readonly hour: string;
  readonly packets: number;
  readonly bytes_up: number;
  readonly bytes_down: number;
}

/** As each appliance's own hours say: device, hour, packets, bytes up and down; sorted. */
async function ownHours(appliances: readonly Served[]): Promise<string[]> {
  const found: string[] = [];
  for (const { ask: askOne, token } of appliances) {
    const headers = { authorization: `Bearer ${token}` };
    const { devices } = (await askOne('/api/v1/devices', { headers })).json as { devices: { id: string }[] };
    for (const { id } of devices) {
      const { hours } = (await askOne(`/api/v1/devices/${id}/hours`, { headers })).json as { hours: Hour[] };
      for (const { hour, packets, bytes_up, bytes_down } of hours)
        found.push([id, Date.parse(hour) / 1000, packets, bytes_up, bytes_down].join(' '));
    }
  }
  return found.toSorted();
}

async function archiveHours(archive: string): Promise<string[]> {
  const rows = await ask(
    `select device, epoch(hour)::bigint as hour, packets, bytes_up, bytes_down from ${newest(archive, 'hour')}`,
  );
  const texts = rows.map((row) =>
    ['device', 'hour', 'packets', 'bytes_up', 'bytes_down'].map((name) => String(row[name])).join(' '),
  );
  return texts.toSorted();
}

/** As each appliance answers for the whole time: device, peer, service, protection and their four sums; sorted. */
async function ownFlows(appliances: readonly Served[]): Promise<string[]> {
  const found: string[] = [];
  for (const { ask: askOne, token } of appliances) {
    const path = `/api/v1/flows?by=${FLOW_WORDS.join(',')}&limit=20000`;
    const { groups } = (await askOne(path, { headers: { authorization: `Bearer ${token}` } })).json as FlowsResponse;
    for (const group of groups) found.push([...FLOW_WORDS, ...FLOW_SUMS].map((name) => String(group[name])).join(' '));
  }
  return found.toSorted();
}

async function archiveFlows(archive: string): Promise<string[]> {
  const words = FLOW_WORDS.map((name) => `coalesce(${name}, '') as ${name}`);
  const sums = FLOW_SUMS.map((name) => `sum(${name}) as ${name}`);
  const rows = await ask(
    `select site, ${[...words, ...sums].join(', ')} from ${newest(archive, 'flow')} group by site, ${FLOW_WORDS.join(', ')}`,
  );
  return rows.map((row) => [...FLOW_WORDS, ...FLOW_SUMS].map((name) => String(row[name])).join(' ')).toSorted();
}

const FLOW_WORDS = ['device', 'address', 'country', 'protocol', 'service', 'protection'] as const;
const FLOW_SUMS = ['packets_up', 'bytes_up', 'packets_down', 'bytes_down'] as const;

/** Names and how often each device asked for them, as its document says. */
async function ownNames(appliances: readonly Served[]): Promise<string[]> {
  const found: string[] = [];
  for (const { ask: askOne, token } of appliances) {
    const headers = { authorization: `Bearer ${token}` };
    const { devices } = (await askOne('/api/v1/devices', { headers })).json as { devices: { id: string }[] };
    for (const { id } of devices) {
      const { dns } = (await askOne(`/api/v1/devices/${id}`, { headers })).json as AnalysisDocument;
      for (const [name, queries] of Object.entries(dns.queries)) found.push(`${id} ${name} ${queries}`);
    }
  }
  return found.toSorted();
}

async function archiveNames(archive: string): Promise<string[]> {
  const rows = await ask(
    `select site, device, name, sum(queries) as queries from ${newest(archive, 'dns')} group by site, device, name`,
  );
  return rows.map(({ device, name, queries }) => `${String(device)} ${String(name)} ${String(queries)}`).toSorted();
}

function everyFile(folder: string): Map<string, string> {
  const names = fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted();
  const files = names.filter((name) => fs.statSync(path.join(folder, name)).isFile());
  return new Map(files.map((name) => [name, fs.readFileSync(path.join(folder, name)).toString('latin1')]));
}

test('rows of three appliances add up to what each says itself: once, twice, corrected, compacted', async (t) => {
  const folder = temporaryFolder(t);
  const archive = path.join(folder, 'archive');
  const masters = [1, 2, 3].map((i) => path.join(folder, `home${i}`));
  const serveCopies = async (name: string, count: number) => {
    const served: Served[] = [];
    for (const [i, master] of masters.slice(0, count).entries()) {
      const copy = path.join(folder, `${name}${i}`);
      fs.cpSync(master, copy, { recursive: true });
      served.push(await serve(t, copy));
    }
    return served;
  };
  for (const [i, master] of masters.entries())
    await recordInto(master, { hour: i, count: 300 + i * 50, devices: [i + 1, i + 2] });
  const first = await serveCopies('first', 3);
  const now = () => LATER;
  const ends = await pullAll(archive, first, { now });
  assert.deepEqual(
    ends.map(({ error }) => error),
    [undefined, undefined, undefined],
  );
  assert.deepEqual(await archiveHours(archive), await ownHours(first));
  assert.deepEqual(await archiveFlows(archive), await ownFlows(first));
  assert.ok((await ownNames(first)).length > 4);
  assert.deepEqual(await archiveNames(archive), await ownNames(first));

  const before = everyFile(path.join(archive, 'v1'));
  const again = await pullAll(archive, first, { now });
  assert.deepEqual(
    again.map(({ pulled }) => pulled?.rowFiles),
    [0, 0, 0],
  );
  assert.deepEqual(everyFile(path.join(archive, 'v1')), before);
  for (const [name, text] of before) assert.ok(!text.includes(SECRET), `the planted secret is in ${name}`);

  // More of an hour that was written already, and a day file besides.
  assert.ok((await compactDays(archive, '2999-01-01')) > 0);
  assert.deepEqual(await archiveHours(archive), await ownHours(first));
  const [corrector = ''] = masters;
  await recordInto(corrector, { hour: 0, count: 80, devices: [1, 9] });
  const second = await serveCopies('second', 1);
  const corrected = await pullAll(archive, second, { now });
  assert.ok(corrected.every(({ pulled }) => (pulled?.rowFiles ?? 0) > 0));
  const hours = await ownHours([...second, ...first.slice(1)]);
  assert.deepEqual(await archiveHours(archive), hours);
  assert.deepEqual(await archiveFlows(archive), await ownFlows([...second, ...first.slice(1)]));
  assert.deepEqual(await archiveNames(archive), await ownNames([...second, ...first.slice(1)]));
  const [revisions = {}] = await ask(`select max(revision) as highest from ${newest(archive, 'hour')}`);
  assert.equal(revisions['highest'], 2);
  assert.ok((await compactDays(archive, '2999-01-01')) > 0);
  assert.deepEqual(await archiveHours(archive), hours);
  assert.deepEqual(await archiveFlows(archive), await ownFlows([...second, ...first.slice(1)]));
  assert.deepEqual(await archiveNames(archive), await ownNames([...second, ...first.slice(1)]));
  const cost = corrected
    .map(({ pulled }) => `${pulled?.cost.requests} requests, ${pulled?.cost.bytes} bytes`)
    .join('; ');
  t.diagnostic(`a pull of 80 new frames cost each appliance: ${cost}`);
});
