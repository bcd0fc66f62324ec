// weir doctor: what is wrong with this machine, and the line that mends it.

import { type Command, InvalidArgumentError } from 'commander';
import { configOption } from './config-option.ts';

interface DoctorFlags {
  readonly config?: string;
  readonly json?: boolean;
  readonly list?: boolean;
  readonly hardware?: boolean;
  readonly afterRestart?: boolean;
  readonly yes?: boolean;
  readonly report?: string;
  readonly loadSeconds: number;
}

export function declareDoctor(weir: Command): void {
  weir
    .command('doctor')
    .description('Diagnose known problems and suggest fixes. Exit code: 0 healthy, 1 warnings, 2 failures.')
    .addOption(configOption())
    .option('--json', 'the findings as JSON')
    .option('--list', 'print all checks as Markdown, without looking at anything')
    .option('--hardware', 'a quarter of an hour with devices at hand, for what no simulation proves; writes a report')
    .option(
      '--after-restart',
      'add to the newest hardware report whether it records again after a restart or power cut',
    )
    .option('--yes', 'only what the machine can do alone; nobody is asked')
    .option('--load-seconds <n>', 'how long all cores are kept busy', seconds, 120)
    .option('--report <folder>', 'where the hardware report goes; without it `hardware/` in the data folder')
    .action(run);
}

async function run(flags: DoctorFlags): Promise<void> {
  if (flags.list === true) return list();
  if (flags.hardware === true || flags.afterRestart === true) return hardware(flags);
  const [{ collectFacts }, { collectSettings }, { makeReport }, text, { version }] = await Promise.all([
    import('../health/doctor/collect.ts'),
    import('../health/doctor/collect/settings.ts'),
    import('../health/doctor/report.ts'),
    import('../health/doctor/report-text.ts'),
    import('../config/version.ts'),
  ]);
  const facts = await collectFacts(collectSettings(flags.config), { measuresCard: true });
  const report = makeReport(facts, version);
  process.stdout.write(flags.json === true ? `${JSON.stringify(report, null, 2)}\n` : text.reportText(report));
  process.exitCode = text.EXIT_CODES[report.verdict];
}

async function list(): Promise<void> {
  const { checksReference } = await import('../health/doctor/reference.ts');
  process.stdout.write(checksReference());
}

async function hardware(flags: DoctorFlags): Promise<void> {
  const [{ collectSettings }, { runChecklist, runAfterRestart }, { version }] = await Promise.all([
    import('../health/doctor/collect/settings.ts'),
    import('../health/doctor/hardware/checklist.ts'),
    import('../config/version.ts'),
  ]);
  const isGuided = flags.yes !== true && process.stdin.isTTY === true;
  const folder = flags.report === undefined ? {} : { folder: flags.report };
  const options = { version, loadSeconds: flags.loadSeconds, isGuided, ...folder };
  const act = flags.afterRestart === true ? runAfterRestart : runChecklist;
  const path = await act(collectSettings(flags.config), options);
  process.stdout.write(`\nReport: ${path} (and the same as .json)\n`);
  if (flags.afterRestart === true) return;
  process.stdout.write('Last: restart the machine or pull its plug, then `weir doctor --after-restart`.\n');
}

function seconds(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 3600)
    throw new InvalidArgumentError('not a number from 1 to 3600.');
  return value;
}
