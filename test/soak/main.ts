// `make soak`: the cost of living, measured on the real processes. A month in hours, a scan, floods; a table, verdicts, and files
// with both. Ctrl-C ends it clean with what was measured so far.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCalibration } from './calibrate.ts';
import { runDays } from './days.ts';
import { runFloods } from './floods.ts';
import { readOptions, type Scenario } from './options.ts';
import type { Outcome } from './outcome.ts';
import { Rig, Stopped } from './rig.ts';
import { runScan } from './scan.ts';

const SCENARIOS: Readonly<Record<Scenario, (rig: Rig) => Promise<Outcome>>> = {
  days: runDays,
  calibrate: runCalibration,
  scan: runScan,
  floods: runFloods,
};

/** As a shell says it of a program that Ctrl-C ended. */
const INTERRUPTED = 130;

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  const said: string[] = [];
  const say = (text: string): void => {
    said.push(text);
    process.stdout.write(`${text}\n`);
  };
  const rig = await Rig.make(options, say);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => rig.askToStop());
  say(`soak ${options.scenario}: seed ${options.seed}, ${options.speed} times real time, results in ${options.out}`);
  try {
    const outcome = await rig.run(() => SCENARIOS[options.scenario](rig));
    for (const line of outcome.lines) say(line);
    const report = { options, devices: tapesOf(rig), data: outcome.data };
    writeFileSync(join(options.out, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
    return outcome.failed ? 1 : 0;
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    say('stopped before there was a result');
    return INTERRUPTED;
  } finally {
    writeFileSync(join(options.out, 'report.txt'), `${said.join('\n')}\n`);
  }
}

function tapesOf(rig: Rig): unknown {
  return rig.devices.map(({ mac, ip, tape, bytesPerDay, isSleeper }) => {
    const { name, frames, bytes } = tape;
    return { mac, ip, tape: name, frames: frames.length, bytes, bytesPerDay, isSleeper };
  });
}

process.exitCode = await main();
