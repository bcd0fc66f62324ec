// Alert rules and dashboard ask only for metrics and labels that exist; promtool, where it is, judges syntax and what fires.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { METRICS } from '../../appliance/publish/metrics/metrics.ts';
import { startTestAppliance } from '../publish/running.ts';
import { DataFolder, device, eventually, packet } from '../store/data-folder.ts';

const FOLDER = join(import.meta.dirname, '../../../provisioning/monitoring');
const ALERTS = join(FOLDER, 'weir-alerts.yaml');
const promtool = process.env['PROMTOOL'] ?? 'promtool';
const noTool = spawnSync(promtool, ['--version']).error ? 'promtool is not installed (apt install prometheus)' : false;

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: Readonly<Record<string, string>>;
}

const rules = (parse(readFileSync(ALERTS, 'utf8')) as { groups: { rules: Rule[] }[] }).groups.flatMap(
  (group) => group.rules,
);
const dashboard = JSON.parse(readFileSync(join(FOLDER, 'weir-dashboard.json'), 'utf8')) as {
  panels: {
    id: number;
    title: string;
    gridPos: { x: number; y: number; w: number; h: number };
    targets: { expr: string }[];
  }[];
};
const expressions = [
  ...rules.map((rule) => rule.expr),
  ...dashboard.panels.flatMap((panel) => panel.targets.map(({ expr }) => expr)),
];

test('every metric that a rule or a panel asks for exists', () => {
  const known = new Set(METRICS.map(({ name }) => name));
  const asked = new Set(expressions.flatMap((expr) => expr.match(/weir_\w+/g) ?? []));
  assert.ok(asked.size > 20);
  assert.deepEqual(
    [...asked].filter((name) => !known.has(name)),
    [],
  );
});

test('every rule says what it means and what to do; no two panels overlap', () => {
  for (const { alert, annotations } of rules) {
    assert.match(annotations['summary'] ?? '', /\.$/, alert);
    assert.match(annotations['description'] ?? '', /[.)]$/, alert);
  }
  assert.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length);
  const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, i) => `${x + (i % w)} ${y + Math.floor(i / w)}`),
  );
  assert.equal(new Set(cells).size, cells.length);
});

test('what an appliance answers at /metrics has the labels that are asked for, and promtool finds no fault', async (t) => {
  const folder = DataFolder.make(t);
  const segment = folder.open(device(1));
  for (let i = 0; i < 20; i++) folder.append(segment, packet(device(1), i));
  folder.close(segment);
  const appliance = await startTestAppliance(t, undefined, folder);
  const cookie = await appliance.logIn();
  let text = '';
  await eventually('the device is counted', async () => {
    text = (await appliance.ask('/metrics', { headers: { cookie } })).text;
    return text.includes('weir_device_bytes_total{device=');
  });
  for (const [, name = '', label = '', value = ''] of expressions
    .join('\n')
    .matchAll(/(weir_\w+)\{[^}]*?(\w+)="(\w+)"\}/g)) {
    if (label === 'instance' || label === 'job' || !text.includes(`\n${name}{`)) continue;
    assert.ok(
      text.includes(`${name}{${label}="${value}"`) || text.includes(`${label}="${value}"`),
      `${name} ${label}=${value}`,
    );
  }
  if (noTool !== false) return t.diagnostic(`SKIPPED in part: ${noTool}`);
  const reported = spawnSync(promtool, ['check', 'metrics'], { input: text, encoding: 'utf8' });
  assert.deepEqual([reported.status, reported.stderr.trim()], [0, '']);
});

test('promtool takes the rules, and each alert fires on what it is for and not before', { skip: noTool }, (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-alerts-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const reported = spawnSync(promtool, ['check', 'rules', ALERTS], { encoding: 'utf8' });
  assert.equal(reported.status, 0, reported.stderr + reported.stdout);
  /** Alert, series, values that must fire after two hours, values that must not. */
  const cases: readonly (readonly [alert: string, series: string, bad: string, good: string])[] = [
    ['WeirUnreachable', 'up{job="weir", instance="a"}', '0x120', '1x120'],
    ['WeirCaptureDown', 'weir_capture_up{instance="a"}', '0x120', '1x120'],
    ['WeirLosesFrames', 'weir_capture_dropped_packets_total{instance="a", reason="lost_disk"}', '0+1x120', '7x120'],
    ['WeirSyncLate', 'weir_storage_sync_late_total{instance="a"}', '0+1x120', '7x120'],
    ['WeirStorageFillsUp', 'weir_storage_forecast_seconds{instance="a"}', '3600x120', '864000x120'],
    ['WeirAnalysisBehind', 'weir_analysis_lag_seconds{instance="a"}', '400x120', '20x120'],
    ['WeirAnalysisSkipped', 'weir_analysis_unread_bytes{instance="a"}', '1x120', '0x120'],
    ['WeirHighFinding', 'weir_findings_open{instance="a", severity="high"}', '1x70 2x50', '2x120'],
    ['WeirDeviceSilent', 'weir_device_last_seen_timestamp_seconds{instance="a", device="d"}', '-90000x120', '0x120'],
    ['WeirAccessPointDown', 'weir_ap_up{instance="a"}', '0x120', '1x120'],
    ['WeirClockNotSynchronised', 'weir_clock_synchronised{instance="a"}', '0x120', '1x120'],
    ['WeirCheckFailed', 'weir_doctor_checks{instance="a", verdict="fail"}', '1x120', '0x120'],
    ['WeirBrokerGone', 'weir_mqtt_connected{instance="a"}', '0x120', '1x120'],
    [
      'WeirMemoryHigh',
      'weir_process_resident_bytes{instance="a", process="appliance"}',
      '400000000x120',
      '200000000x120',
    ],
  ];
  assert.deepEqual(cases.map(([alert]) => alert).sort(), rules.map(({ alert }) => alert).sort());
  const labels = (series: string) =>
    Object.fromEntries([...series.matchAll(/(\w+)="(\w+)"/g)].map((match) => [match[1], match[2]]));
  const tests = cases.flatMap(([alert, series, bad, good]) =>
    [bad, good].map((values) => ({
      interval: '1m',
      input_series: [{ series, values: values.replaceAll(/^(-?\d+)x/g, '$1+0x').replaceAll(/ (\d+)x/g, ' $1+0x') }],
      promql_expr_test: [
        {
          expr: `count(ALERTS{alertname="${alert}", alertstate="firing"}) or vector(0)`,
          eval_time: '115m',
          exp_samples: [{ labels: '{}', value: values === bad ? 1 : 0 }],
        },
      ],
      name: `${alert} ${JSON.stringify(labels(series))} ${values}`,
    })),
  );
  const file = join(folder, 'tests.json');
  writeFileSync(file, JSON.stringify({ rule_files: [ALERTS], evaluation_interval: '1m', tests }));
  const judged = spawnSync(promtool, ['test', 'rules', file], { encoding: 'utf8' });
  assert.equal(judged.status, 0, judged.stderr + judged.stdout);
});
