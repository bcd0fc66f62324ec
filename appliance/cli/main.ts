#!/usr/bin/env node
// The table of contents of the command line: each verb is declared in a file of its own and loads what it needs when
// it is called, so that `weir capture` never links what only the appliance needs.

import { Command, CommanderError } from 'commander';
import { version } from '../config/version.ts';
import { toError, WeirError } from '../model/errors.ts';
import { printable } from '../model/text.ts';
import { declareAnalyze } from './analyze.ts';
import { declareAp } from './ap.ts';
import { declareAppliance } from './appliance.ts';
import { declareCapture } from './capture.ts';
import { declareCert } from './cert.ts';
import { declareConfig } from './config.ts';
import { declareDevices } from './devices.ts';
import { declareDoctor } from './doctor.ts';
import { declareEnt } from './ent.ts';
import { declareExport } from './export.ts';
import { declareGeo } from './geo.ts';
import { declareMosquitto } from './mosquitto.ts';
import { declarePhase } from './phase.ts';
import { declareProvision } from './provision.ts';
import { declareRebuild } from './rebuild.ts';
import { declareReplay } from './replay.ts';
import { declareShell } from './reproduce/shell.ts';
import { spellOut } from './reproduce/single-dash.ts';
import { declareStatus } from './status.ts';
import { declareSteer } from './steer.ts';
import { declareVerify } from './verify.ts';

/** In the order in which they are met. */
const VERBS = [
  declareCapture,
  declareAppliance,
  declareAnalyze,
  declareShell,
  declareReplay,
  declareRebuild,
  declareDoctor,
  declareStatus,
  declareDevices,
  declarePhase,
  declareSteer,
  declareVerify,
  declareExport,
  declareEnt,
  declareGeo,
  declareAp,
  declareCert,
  declareMosquitto,
  declareConfig,
  declareProvision,
] as const;

function program(): Command {
  const weir = new Command('weir')
    .description('Records what IoT devices say, works out what it means, and can prove it.')
    .version(version)
    .exitOverride()
    .showHelpAfterError('(weir help VERB shows how it goes)');
  for (const declare of VERBS) declare(weir);
  return weir;
}

/** One line for the operator; a stack only for what is our own fault. Exit codes: 1 failed, 2 unusable input or usage. */
function report(thrown: unknown): number {
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2;
  if (thrown instanceof WeirError) {
    process.stderr.write(`weir: ${printable(thrown.message, 1000)} [${thrown.code}]\n`);
    return EXIT_CODES[thrown.code] ?? 1;
  }
  process.stderr.write(`weir: a fault of Weir itself: ${toError(thrown).stack ?? ''}\n`);
  return 70;
}

const EXIT_CODES: Readonly<Record<string, number>> = {
  NOT_A_CAPTURE: 2,
  FILE_UNREADABLE: 2,
  CONFIG_INVALID: 2,
  CONFIG_MISSING: 2,
  USAGE: 2,
};

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

try {
  await program().parseAsync(spellOut(process.argv));
} catch (thrown) {
  process.exitCode = report(thrown);
}
