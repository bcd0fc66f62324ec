// weir doctor: what is wrong with this machine, and the line that mends it.

import type { Command } from 'commander';

interface DoctorFlags {
  readonly config?: string;
  readonly json?: boolean;
  readonly list?: boolean;
}

export function declareDoctor(weir: Command): void {
  weir
    .command('doctor')
    .description(
      'Look for every known cause of trouble, and say what mends it. Exit code: 0 healthy, 1 warnings, 2 failures.',
    )
    .option('-c, --config <file>', 'configuration file; without it /etc/weir/weir.yaml where there is one')
    .option('--json', 'the findings as JSON')
    .option('--list', 'print all checks as Markdown, without looking at anything')
    .action(run);
}

async function run(flags: DoctorFlags): Promise<void> {
  if (flags.list === true) return list();
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
