// What appliances say themselves, and what somebody else's database says of the archive, as lines that can be compared.

import assert from 'node:assert/strict';
import type { AnalysisDocument } from '../../appliance/model/analysis-document.ts';
import type { FlowsResponse } from '../../appliance/publish/schemas/flows.ts';
import type { ClickHouse } from './clickhouse-servers.ts';
import { ask, newest } from './duckdb.ts';
import type { Asked } from './recorded.ts';

/** Answers a query with rows; what a table is called is its own. */
export interface Database {
  readonly ask: (sql: string) => Promise<Record<string, unknown>[]>;
  readonly table: (name: string) => string;
}

export function duckDb(archive: string): Database {
  return { ask, table: (name) => newest(archive, name) };
}

export function clickHouseOf({ ask: query }: ClickHouse, database: string): Database {
  return { ask: query, table: (name) => `${database}.${name}` };
}

interface Hour {
  readonly hour: string;
  readonly packets: number;
  readonly bytes_up: number;
  readonly bytes_down: number;
}

/** As each appliance's own hours say: device, hour, packets, bytes up and down; sorted. */
async function ownHours(appliances: readonly Asked[]): Promise<string[]> {
  const found: string[] = [];
  for (const one of appliances) {
    for (const id of await devicesOf(one)) {
      const { hours } = await get<{ hours: Hour[] }>(one, `/api/v1/devices/${id}/hours`);
      for (const { hour, packets, bytes_up, bytes_down } of hours)
        found.push([id, hour.slice(0, 13).replace('T', ' '), packets, bytes_up, bytes_down].join(' '));
    }
  }
  return found.toSorted();
}

async function archiveHours({ ask: query, table }: Database): Promise<string[]> {
  const rows = await query(`select device, hour, packets, bytes_up, bytes_down from ${table('hour')}`);
  const texts = rows.map((row) =>
    [row['device'], String(row['hour']).slice(0, 13), row['packets'], row['bytes_up'], row['bytes_down']].join(' '),
  );
  return texts.toSorted();
}

/** As each appliance answers for the whole time: device, peer, service, protection and their four sums; sorted. */
async function ownFlows(appliances: readonly Asked[]): Promise<string[]> {
  const found: string[] = [];
  for (const one of appliances) {
    const { groups } = await get<FlowsResponse>(one, `/api/v1/flows?by=${FLOW_WORDS.join(',')}&limit=20000`);
    for (const group of groups) found.push([...FLOW_WORDS, ...FLOW_SUMS].map((name) => String(group[name])).join(' '));
  }
  return found.toSorted();
}

async function archiveFlows({ ask: query, table }: Database): Promise<string[]> {
  const words = FLOW_WORDS.map((name) => `coalesce(${name}, '') as ${name}_`);
  const sums = FLOW_SUMS.map((name) => `sum(${name}) as ${name}_`);
  const groups = FLOW_WORDS.map((name) => `${name}_`);
  const rows = await query(
    `select site, ${[...words, ...sums].join(', ')} from ${table('flow')} group by site, ${groups.join(', ')}`,
  );
  return rows.map((row) => [...FLOW_WORDS, ...FLOW_SUMS].map((name) => String(row[`${name}_`])).join(' ')).toSorted();
}

const FLOW_WORDS = ['device', 'address', 'country', 'protocol', 'service', 'protection'] as const;
const FLOW_SUMS = ['packets_up', 'bytes_up', 'packets_down', 'bytes_down'] as const;

/** Names and how often each device asked for them, as its document says. */
async function ownNames(appliances: readonly Asked[]): Promise<string[]> {
  const found: string[] = [];
  for (const one of appliances) {
    for (const id of await devicesOf(one)) {
      const { dns } = await get<AnalysisDocument>(one, `/api/v1/devices/${id}`);
      for (const [name, queries] of Object.entries(dns.queries)) found.push(`${id} ${name} ${queries}`);
    }
  }
  return found.toSorted();
}

async function archiveNames({ ask: query, table }: Database): Promise<string[]> {
  const rows = await query(
    `select site, device, name, sum(queries) as asked from ${table('dns')} group by site, device, name`,
  );
  return rows.map(({ device, name, asked }) => `${String(device)} ${String(name)} ${String(asked)}`).toSorted();
}

async function devicesOf(one: Asked): Promise<string[]> {
  const { devices } = await get<{ devices: { id: string }[] }>(one, '/api/v1/devices');
  return devices.map(({ id }) => id);
}

async function get<T>({ ask: askOne, token }: Asked, path: string): Promise<T> {
  return (await askOne(path, { headers: { authorization: `Bearer ${token}` } })).json as T;
}

/** Hours, flows and names of an archive, in any database, are those that the appliances give themselves. */
export async function assertOwnSums(appliances: readonly Asked[], databases: readonly Database[]): Promise<void> {
  const [hours, flows, names] = [await ownHours(appliances), await ownFlows(appliances), await ownNames(appliances)];
  assert.ok(hours.length > 4 && flows.length > 4 && names.length > 4);
  for (const database of databases) {
    assert.deepEqual(await archiveHours(database), hours);
    assert.deepEqual(await archiveFlows(database), flows);
    assert.deepEqual(await archiveNames(database), names);
  }
}
