// Reads what first boot reported. A machine without first boot has no such file; a damaged one is as good as none, because
// the services run on the settings in force either way.

import { expectOnly, MALFORMED } from '../model/expected-error.ts';
import { BOOT_REPORT_FILE, type BootReport } from '../model/files/boot-report.ts';
import { readOptional } from './small-files.ts';

/** Mistakes, and as many notes, of one report of first boot; those beyond are not shown. */
const MAX_LINES = 50;

export function readBootReport(path: string = BOOT_REPORT_FILE): BootReport | null {
  try {
    const report = JSON.parse(readOptional(path) ?? 'null') as BootReport | null;
    if (report?.schema !== 'weir.boot/1') return null;
    const { mistakes, notes } = report;
    return { ...report, mistakes: mistakes.slice(0, MAX_LINES), notes: notes.slice(0, MAX_LINES) };
  } catch (thrown) {
    expectOnly(thrown, 'reading the boot report', ...MALFORMED);
    return null;
  }
}

/** One line each for people who look at the page. */
export function bootWarnings(report: BootReport | null): readonly string[] {
  if (report === null) return [];
  const effect = report.settings === 'refused' ? 'The settings from before are in force. ' : '';
  return [
    ...report.mistakes.map((line) => `On the boot partition: ${line}. ${effect}Correct it there and start again.`),
    ...report.notes.map((line) => `First boot: ${line}`),
  ];
}
