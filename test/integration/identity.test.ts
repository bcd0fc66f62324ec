// What a person says of a device on the command line, with real processes: capture replays a file, the appliance listens
// next to it. It is on the page at once, and outlives restart and rebuild, until it is taken back.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { LedgerLine } from '../../appliance/model/ledger.ts';
import type { DeviceRow, DevicesResponse } from '../../appliance/publish/schemas/devices.ts';
import { pcapFile, udp } from '../analysis/packets.ts';
import { eventually } from '../store/data-folder.ts';
import { CLI } from './installation.ts';

const LAMP = '02:00:00:00:00:11';
const GATEWAY = '02:00:00:00:00:01';
const START = 1_795_000_000;
const PATIENCE_SECONDS = 60;

const folder = mkdtempSync(join(tmpdir(), 'weir-identity-'));
const config = join(folder, 'weir.yaml');
const children = new Map<string, ChildProcess>();

after(async () => {
  for (const verb of children.keys()) await end(verb);
  rmSync(folder, { recursive: true, force: true });
});

/** A few packets, and one in an hour: a replay at recorded speed goes on until the test ends it. */
function prepare(): void {
  const frame = udp(
    { mac: LAMP, ip: '10.0.0.11', port: 40_000 },
    { mac: GATEWAY, ip: '198.51.100.7', port: 8899 },
    new Uint8Array(40),
  );
  const frames = [0, 0, 0, 3600].map((delay) => ({ bytes: frame, seconds: START + delay, nanoseconds: 0 }));
  writeFileSync(join(folder, 'in.pcap'), pcapFile(frames));
  mkdirSync(join(folder, 'data'));
  writeFileSync(
    config,
    JSON.stringify({
      data: { dir: join(folder, 'data') },
      capture: {
        engine: 'file',
        file: join(folder, 'in.pcap'),
        speed: 1,
        infra_macs: [GATEWAY],
        canary_seconds: 0,
        flush_ms: 50,
      },
      retention: { free_bytes: 0, free_percent: 0, free_inodes_percent: 0, ballast_bytes: 0 },
      http: { port: 0 },
    }),
  );
}

function start(verb: 'capture' | 'appliance'): void {
  const log = openSync(join(folder, `${verb}.log`), 'a');
  children.set(verb, spawn(process.execPath, [CLI, verb, '--config', config], { stdio: ['ignore', log, log] }));
}

async function end(verb: string): Promise<void> {
  const child = children.get(verb);
  children.delete(verb);
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}

function weir(...args: readonly string[]): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args, '--config', config], {
    encoding: 'utf8',
  });
  return { status, out: stdout, err: stderr };
}

function lamp(): DeviceRow | undefined {
  const { status, out } = weir('devices', '--json');
  return status === 0 ? (JSON.parse(out) as DevicesResponse).devices.find(({ mac }) => mac === LAMP) : undefined;
}

const shown = (row: DeviceRow | undefined) => [row?.name, row?.name_source, row?.maker, row?.category];
const CONFIRMED = ['Hall lamp', 'user', 'Acme', 'light'];

async function isShown(expected: readonly unknown[]): Promise<void> {
  await eventually(
    `${expected.join(', ')} on the page`,
    () => JSON.stringify(shown(lamp())) === JSON.stringify(expected),
    PATIENCE_SECONDS,
  );
}

test('what is said with weir devices confirm is kept until it is taken back', { timeout: 300_000 }, async (t) => {
  prepare();
  start('capture');
  start('appliance');
  await eventually('the lamp on the page', () => lamp() !== undefined, PATIENCE_SECONDS);
  const inferred = shown(lamp());

  await t.test('what cannot be meant is refused with words, and nothing is written', () => {
    const refused = [
      weir('devices', 'confirm', 'lamp', '--name', 'x'),
      weir('devices', 'confirm', LAMP),
      weir('devices', 'confirm', '02:00:00:00:00:99', '--name', 'nobody'),
      weir('devices', 'confirm', LAMP, '--name', 'x'.repeat(81)),
    ];
    assert.deepEqual(
      refused.map(({ status, out }) => [status === 0, out]),
      refused.map(() => [false, '']),
    );
    assert.match(refused[0]!.err, /No device lamp was seen; nothing was done/);
    assert.match(refused[1]!.err, /Say --name, --vendor or --category, or --clear; nothing was written/);
    assert.match(refused[2]!.err, /the appliance refused: /);
    assert.deepEqual(identities(), []);
  });

  await t.test('it is on the page at once and in the ledger with its author', async () => {
    const said = weir('devices', 'confirm', LAMP, '--name', 'Hall lamp', '--vendor', 'Acme', '--category', 'light');
    assert.deepEqual([said.status, said.out], [0, `${LAMP}: confirmed; the ledger has it\n`], said.err);
    await isShown(CONFIRMED);
    assert.match(weir('devices').out, /Hall lamp/);
    assert.deepEqual(identities(), [[LAMP, 'Hall lamp', 'Acme', 'light']]);
  });

  await t.test('it outlives a restart of the appliance', async () => {
    await end('appliance');
    start('appliance');
    await isShown(CONFIRMED);
  });

  await t.test('it outlives a rebuild of the index', async () => {
    await end('capture');
    await end('appliance');
    const rebuilt = weir('rebuild');
    assert.deepEqual([rebuilt.status, /rebuilt from \d+ segments/.test(rebuilt.out)], [0, true], rebuilt.err);
    start('appliance');
    await isShown(CONFIRMED);
  });

  await t.test('while capture does not run nothing is taken back, and that is said', () => {
    const { status, err } = weir('devices', 'confirm', LAMP, '--clear');
    assert.notEqual(status, 0);
    assert.match(err, /capture/);
  });

  await t.test('it is taken back', async () => {
    start('capture');
    await eventually(
      'capture to take it',
      () => weir('devices', 'confirm', LAMP, '--clear').status === 0,
      PATIENCE_SECONDS,
    );
    await isShown(inferred);
  });
});

/** The ledger's lines of identity. */
function identities(): unknown[] {
  return readFileSync(join(folder, 'data', 'ledger.ndjson'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as LedgerLine)
    .flatMap((line) => (line.type === 'identity' ? [[line.device, line.name, line.vendor, line.category]] : []));
}
