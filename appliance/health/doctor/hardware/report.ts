// What the hardware checklist found: `weir.hardware/1`, and the same as Markdown to attach to a capture. Pure.

import { printable } from '../../../model/text.ts';

/** `measured`: a figure without a right or wrong; `skipped`: nobody was there, or gave a reason. */
export type StepState = 'passed' | 'failed' | 'measured' | 'skipped';
export type Figure = string | number | boolean | null;

export interface StepResult {
  readonly id: string;
  readonly title: string;
  readonly state: StepState;
  /** What was found, or why it was skipped. */
  readonly text: string;
  readonly figures: Readonly<Record<string, Figure>>;
}

export interface HardwareReport {
  readonly schema: 'weir.hardware/1';
  readonly started: string;
  readonly ended: string;
  readonly version: string;
  readonly appliance: string;
  readonly boot_id: string;
  readonly steps: readonly StepResult[];
}

export function hardwareText(report: HardwareReport): string {
  const { started, ended, version, appliance, boot_id, steps } = report;
  const head = `# Hardware checklist of ${printable(appliance || 'an appliance without id')}\n\nFrom ${started} to ${ended}, Weir ${version}, boot ${boot_id}.\n`;
  return `${head}\n${steps.map(stepText).join('\n')}`;
}

function stepText({ title, state, text, figures }: StepResult): string {
  const rows = Object.entries(figures).map(([name, value]) => `| ${name} | ${cell(value)} |`);
  const table = rows.length === 0 ? '' : `\n| figure | value |\n|---|---|\n${rows.join('\n')}\n`;
  return `## ${title}: ${state}\n\n${printable(text, 2000)}\n${table}`;
}

/** Unknown is said, never left empty. */
function cell(value: Figure): string {
  return value === null ? 'unknown' : printable(String(value), 200).replaceAll('|', '\\|');
}
