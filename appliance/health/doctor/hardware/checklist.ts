// `weir doctor --hardware`: a quarter of an hour for what no simulation proves. Goes through the steps in the order of the list,
// instructs the person at the terminal, and writes the report.

import { closeSync, constants, lstatSync, openSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline/promises';
import { makeFolder } from '../../../capture/storage/make-folder.ts';
import { readPlainFile } from '../../../config/plain-file.ts';
import { toError, WeirError } from '../../../model/errors.ts';
import { collectFacts } from '../collect.ts';
import type { SettingsFacts } from '../facts.ts';
import { type Host, systemHost } from '../host.ts';
import { MACHINE_STEPS } from './machine-steps.ts';
import { RADIO_STEPS } from './radio-steps.ts';
import { type HardwareReport, hardwareText, type StepResult } from './report.ts';
import { afterRestart, withStep } from './restart.ts';
import type { Bench, Step } from './step.ts';

/** Below the data folder; the newest one goes with an export by hand. */
const FOLDER = 'hardware';
/** A report that is read back whole. */
const MAX_REPORT_BYTES = 4 * 1024 * 1024;
const STEPS: readonly Step[] = [...MACHINE_STEPS, ...RADIO_STEPS];

export interface ChecklistOptions {
  readonly version: string;
  readonly loadSeconds: number;
  /** Whether a person is there to do what a step asks. */
  readonly isGuided: boolean;
  /** Instead of the one below the data folder. */
  readonly folder?: string;
}

const say = (text: string) => void process.stdout.write(`${text}\n`);

/** Resolves to the path of the report. @throws WeirError DATA_UNWRITABLE. */
export async function runChecklist(
  settings: SettingsFacts,
  options: ChecklistOptions,
  host: Host = systemHost,
): Promise<string> {
  const folder = reportFolder(options, settings);
  const started = new Date().toISOString();
  say('Looking at the machine …');
  const facts = await collectFacts(settings, { measuresCard: false }, host);
  const terminal = options.isGuided ? createInterface({ input: process.stdin, output: process.stdout }) : undefined;
  const bench = {
    host,
    config: settings.config,
    facts,
    loadSeconds: options.loadSeconds,
    say: (text: string) => say(`      ${text}`),
  };
  const results: StepResult[] = [];
  try {
    for (const [at, step] of STEPS.entries()) {
      say(`\n[${at + 1} of ${STEPS.length}] ${step.title}`);
      results.push(await take(step, bench, terminal));
      say(`      ${results.at(-1)?.state}: ${results.at(-1)?.text}`);
    }
  } finally {
    terminal?.close();
  }
  const boot_id = await bootId(host);
  const appliance = facts.services.applianceId;
  const ended = new Date().toISOString();
  return write(folder, {
    schema: 'weir.hardware/1',
    started,
    ended,
    version: options.version,
    appliance,
    boot_id,
    steps: results,
  });
}

type Room = Omit<Bench, 'entered'>;

/** A step that fails is a result, and the next one follows. */
async function take(step: Step, room: Room, terminal: Interface | undefined): Promise<StepResult> {
  const { id, title, todo } = step;
  const skipped = (text: string): StepResult => ({ id, title, state: 'skipped', text, figures: {} });
  if (todo !== null && terminal === undefined) return skipped('needs a person');
  if (todo !== null && room.facts.radio.found === null) return skipped(room.facts.radio.absence);
  try {
    if (todo !== null && terminal !== undefined) {
      const reason = await terminal.question(`      ${todo}\n      Enter begins; to skip it, type why: `);
      if (reason.trim() !== '') return skipped(reason.trim());
    }
    const entered = async () => void (await terminal?.question('      Enter when you are there: '));
    const { state, text, figures = {} } = await step.run({ ...room, entered });
    return { id, title, state, text, figures };
  } catch (thrown) {
    return { id, title, state: 'failed', text: `it could not be done: ${toError(thrown).message}`, figures: {} };
  }
}

/** Adds to the newest report what a restart showed. @throws WeirError FILE_UNREADABLE, DATA_UNWRITABLE. */
export async function runAfterRestart(
  settings: SettingsFacts,
  options: ChecklistOptions,
  host: Host = systemHost,
): Promise<string> {
  const folder = reportFolder(options, settings);
  const before = newestReport(folder);
  const facts = await collectFacts(settings, { measuresCard: false }, host);
  const uptime = Number.parseFloat((await host.read('/proc/uptime')) ?? '');
  const step = afterRestart(before, await bootId(host), facts, uptime);
  say(`${step.state}: ${step.text}`);
  return write(folder, withStep(before, step, new Date().toISOString()));
}

function newestReport(folder: string): HardwareReport {
  const name = readdirSync(folder)
    .filter((one) => /^hardware-.*\.json$/.test(one))
    .sort()
    .at(-1);
  if (name === undefined)
    throw new WeirError(
      'FILE_UNREADABLE',
      `${folder} holds no report; nothing was compared. Run \`weir doctor --hardware\` first.`,
    );
  try {
    const report = JSON.parse(readPlainFile(join(folder, name), MAX_REPORT_BYTES, 'refused') ?? '') as HardwareReport;
    if (report.schema !== 'weir.hardware/1') throw new Error('it is of another version');
    return report;
  } catch (thrown) {
    throw new WeirError(
      'FILE_UNREADABLE',
      `${join(folder, name)} cannot be read (${toError(thrown).message}); nothing was compared. Run \`weir doctor --hardware\` again.`,
    );
  }
}

async function bootId(host: Host): Promise<string> {
  return ((await host.read('/proc/sys/kernel/random/boot_id')) ?? '').trim();
}

/** The one that a person named, wherever it leads; below the data folder, which is capture's, over no link. */
function reportFolder(options: ChecklistOptions, settings: SettingsFacts): string {
  const folder = options.folder ?? join(settings.config.data.dir, FOLDER);
  try {
    makeFolder(folder, 0o750);
    if (options.folder !== undefined) return realpathSync(folder);
    if (lstatSync(folder).isDirectory()) return folder;
    throw new Error('it is a link');
  } catch (thrown) {
    const why = toError(thrown).message;
    throw new WeirError(
      'DATA_UNWRITABLE',
      `${folder} cannot be made (${why}); nothing was measured. Run it as root, or name a folder with --report.`,
      { cause: thrown },
    );
  }
}

/** Named by its beginning, so that a later step lands in the same file. */
function write(folder: string, report: HardwareReport): string {
  const name = `hardware-${report.started.replaceAll(/[-:]|\.\d+/g, '')}`;
  const path = join(folder, name);
  let fd: number | undefined;
  try {
    // Held open: the owner of the data folder could replace it with a link meanwhile.
    fd = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    writeAnew(`/proc/self/fd/${fd}/${name}.json`, `${JSON.stringify(report, null, 1)}\n`);
    writeAnew(`/proc/self/fd/${fd}/${name}.md`, hardwareText(report));
  } catch (thrown) {
    throw new WeirError(
      'DATA_UNWRITABLE',
      `${path}.json cannot be written (${toError(thrown).message}). Name another folder with --report.`,
      { cause: thrown },
    );
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
  return `${path}.md`;
}

/** Never through a link: this is root, the folder is capture's. */
function writeAnew(path: string, text: string): void {
  rmSync(path, { force: true });
  writeFileSync(path, text, { mode: 0o640, flag: 'wx' });
}
