// Each command of README and manuals that needs no Pi, as a reader types it: a simulated home that is recorded, a second appliance,
// and an archive. What stands for a name or a folder of the text is in `stand-ins.ts`; what is run, and in which order, in
// `../manual-commands.txt`.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { manualPages, readParts } from '../manual-commands.ts';
import { ask } from '../pull/duckdb.ts';
import { homeUnavailable } from '../testbed/home.ts';
import { ReadersMachine } from './readers-machine.ts';
import { BEFORE, CODES, EXPECTED, typed } from './stand-ins.ts';

const OWN = 'test/integration/manual-commands.test.ts';
const COMMAND_MS = 240_000;
const unavailable = homeUnavailable();
const skip = unavailable === undefined ? false : `no simulated home here: ${unavailable}`;

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly all: string;
}

/** In the folder of the reader; the appliances of this process go on meanwhile. */
async function run(machine: ReadersMachine, text: string): Promise<Ended> {
  const child = spawn('bash', ['-e', '-o', 'pipefail', '-c', text], {
    cwd: machine.folder,
    env: machine.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: COMMAND_MS,
  });
  let stdout = '';
  let all = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    stdout += part;
    all += part;
  });
  child.stderr.setEncoding('utf8').on('data', (part: string) => (all += part));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code: code ?? -1, stdout, all };
}

test('each command of README and manuals works as it is printed', { skip, timeout: 1_500_000 }, async (t) => {
  const commands = readParts().find(({ runner }) => runner === OWN)?.commands ?? [];
  assert.ok(commands.length > 50);
  const wrong: string[] = [];
  const machine = await ReadersMachine.start(t);
  for (const command of commands) {
    await BEFORE[command]?.(machine);
    const text = typed(command, machine);
    const { code, stdout, all } = await run(machine, text);
    const isRight = (CODES[command] ?? [0]).includes(code) && (EXPECTED[command] ?? /^/).test(all);
    if (!isRight) wrong.push(`${command}\n${text}\n${all}ended with ${code}`);
    machine.kept.set(command, stdout);
  }
  assert.deepEqual(wrong, []);
  const unknown = [BEFORE, CODES, EXPECTED].flatMap(Object.keys).filter((command) => !commands.includes(command));
  assert.deepEqual(unknown, [], 'every arrangement is of a command that is run');
  await sqlOfTheArchive(machine);
});

/** The statements of ARCHIVE.md, by DuckDB over the archive that was pulled. */
async function sqlOfTheArchive({ folder }: ReadersMachine): Promise<void> {
  const page = manualPages().find(({ file }) => file === 'appliance/pull/ARCHIVE.md');
  const sql = /```sql\n([\s\S]*?)```/.exec(page?.text ?? '')?.[1] ?? '';
  assert.match(sql, /'ARCHIVE\//);
  const rows = await ask(sql.replaceAll("'ARCHIVE/", `'${join(folder, 'ARCHIVE')}/`));
  assert.ok(rows.length > 0 && rows.every(({ sent }) => Number(sent) >= 0), JSON.stringify(rows));
}
