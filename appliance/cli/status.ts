// weir status: capture, analysis, index, broker and storage at a glance.

import type { Command } from 'commander';
import { printable } from '../model/text.ts';
import type { StatusResponse } from '../publish/schemas/status.ts';
import { configOption } from './config-option.ts';
import type { LocalOptions } from './local-api.ts';

export function declareStatus(weir: Command): void {
  weir
    .command('status')
    .description('Show what capture and appliance are doing, and what was lost.')
    .addOption(configOption())
    .option('--json', 'the answer as JSON')
    .action(run);
}

async function run(options: LocalOptions): Promise<void> {
  const [{ askAppliance }, print] = await Promise.all([import('./local-api.ts'), import('./print/print.ts')]);
  const status = await askAppliance<StatusResponse>(options, 'GET', '/api/v1/status');
  process.stdout.write(
    options.json === true ? `${JSON.stringify(status, null, 2)}\n` : `${statusText(status, print)}\n`,
  );
}

type Print = typeof import('./print/print.ts');

export function statusText(status: StatusResponse, { bytesText, countText }: Print): string {
  const { capture, analysis, storage, mqtt, phase, totals } = status;
  const counters = capture?.counters;
  const rows = [
    ['appliance', `${status.appliance.id}, version ${status.appliance.version}, pid ${status.appliance.pid}`],
    [
      'capture',
      capture === null
        ? `no answer: ${status.capture_reason}`
        : `${capture.state} on ${capture.interface} (${capture.engine})${capture.reason === '' ? '' : `: ${capture.reason}`}`,
    ],
    ['phase', `${phase.phase}, interaction ${phase.interaction}`],
    [
      'packets',
      counters === undefined
        ? 'unknown'
        : `${countText(counters.captured)} captured, ${countText(counters.written)} written, ${countText(counters.sourceless)} without a sender`,
    ],
    [
      'lost',
      counters === undefined
        ? 'unknown'
        : `kernel ${countText(counters.dropped_kernel)}, pipe ${countText(counters.lost_pipe)}, queue ${countText(counters.lost_queue)}, disk ${countText(counters.lost_disk)}`,
    ],
    [
      'analysis',
      `${analysis.state}, ${analysis.lag_seconds.toFixed(1)} s behind, ${countText(analysis.analysed_records)} records read, ${countText(analysis.quarantined_packets)} in quarantine`,
    ],
    [
      'devices',
      `${totals.devices}, ${totals.destinations} destinations, findings: ${totals.findings.high} high, ${totals.findings.medium} medium, ${totals.findings.low} low`,
    ],
    [
      'storage',
      `${bytesText(storage.capture_bytes)} of ${bytesText(storage.budget_bytes)} in ${countText(storage.capture_segments)} segments, ${bytesText(storage.free_bytes)} free`,
    ],
    [
      'broker',
      mqtt.state === 'off'
        ? 'none configured'
        : `${mqtt.state} ${mqtt.broker}${mqtt.reason === '' ? '' : `: ${mqtt.reason}`}`,
    ],
    ['evidence', capture === null ? 'unknown' : `head ${capture.ledger.lines}:${capture.ledger.head_sha256}`],
    ['key', capture?.key ?? 'unknown'],
    ['clock', `${status.clock.now}, synchronised: ${status.clock.synced}`],
    ...status.warnings.map((warning) => ['warning', warning]),
  ];
  return rows.map(([name = '', text = '']) => `${name.padEnd(11)}${printable(text, 1000)}`).join('\n');
}
