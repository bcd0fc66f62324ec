// Alarms that are worth reading: none in nineteen days in which nothing happens, and one for each thing that does. One home;
// `WEIR_HOMES=10`: ten, each with times and volumes of its own.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Analyzer } from '../../appliance/analysis/analyzer.ts';
import { openTables } from '../../appliance/analysis/document/open-tables.ts';
import { renderDocument } from '../../appliance/analysis/render-document.ts';
import type { AnalysisDocument } from '../../appliance/model/analysis-document.ts';
import {
  BULB,
  CAMERA,
  type Change,
  DAYS,
  HUB,
  ordinaryHome,
  PLUG,
  ROUTER,
  SPEAKER,
  START,
  THERMOSTAT,
  type Thing,
} from './ordinary-home.ts';

const HOMES_TRIED = Number(process.env['WEIR_HOMES'] ?? '1');
const { tables } = openTables('test');
const SOURCE = { path: 'x', bytes: 0, sha256: null, format: 'pcap', damage: null, digits: 9 } as const;

function documentOf(seed: number, planted: readonly Change[]): AnalysisDocument {
  const analyzer = new Analyzer({ owner: null, infra: [] });
  for (const { seconds, bytes, length } of ordinaryHome(seed, new Set(planted)))
    analyzer.frame(bytes, 0, bytes.length, START + seconds, 0, length, 1);
  return renderDocument(analyzer.summary(), tables, SOURCE);
}

const reported = ({ findings }: AnalysisDocument) => findings.map(({ rule, device }) => `${rule} ${device}`);

/** What is reported of each change, and what else it brings about; the changes of one line happen in one home. */
const PLANTED: readonly (readonly (readonly [Change, Thing, rule: string, besides?: readonly string[]])[])[] = [
  [
    ['country', PLUG, 'ANOM-06', ['ANOM-01']],
    ['organisation', HUB, 'ANOM-01', ['ANOM-06']],
    ['service', BULB, 'ANOM-02'],
    ['tls-downgrade', SPEAKER, 'TLS-01'],
    ['volume', CAMERA, 'ANOM-03'],
    ['self-signed', THERMOSTAT, 'TLS-03'],
  ],
  [
    ['dns-server', PLUG, 'DNS-02', ['ANOM-01', 'ANOM-06']],
    ['cleartext', HUB, 'CLR-01', ['ANOM-02']],
    ['listener', BULB, 'ANOM-02', ['CLR-06']],
    ['scan', CAMERA, 'SCAN-01', ['ANOM-02']],
    ['silence', THERMOSTAT, 'ANOM-07', ['ANOM-05']],
  ],
  [['arp-spoof', BULB, 'AP-05']],
];

for (let seed = 1; seed <= HOMES_TRIED; seed++) testHome(seed);

function testHome(seed: number): void {
  test(`home ${seed}: nineteen days in which nothing happens bring no alarm, and the router is found`, () => {
    const document = documentOf(seed, []);
    assert.deepEqual(reported(document), []);
    assert.deepEqual(
      document.routers?.map(({ mac }) => mac),
      [ROUTER],
    );
    const spans = document.behaviour?.history?.map(({ span_hours }) => span_hours) ?? [];
    assert.ok(spans.length === 6 && Math.min(...spans) > (DAYS - 1) * 24, String(spans));
  });
  for (const planted of PLANTED)
    test(`home ${seed}: reported of whom it is, and of nobody else: ${planted.map(([change]) => change).join(', ')}`, () =>
      assertReported(seed, planted));
}

function assertReported(seed: number, planted: (typeof PLANTED)[number]): void {
  const findings = reported(
    documentOf(
      seed,
      planted.map(([change]) => change),
    ),
  );
  for (const [change, { mac }, rule] of planted)
    assert.ok(findings.includes(`${rule} ${mac}`), `${change}: ${findings.join(', ')}`);
  const known = new Set(
    planted.flatMap(([, { mac }, rule, besides = []]) => [rule, ...besides].map((one) => `${one} ${mac}`)),
  );
  // Who talks with a new listener has a new service, too.
  known.add(`ANOM-02 ${HUB.mac}`);
  assert.deepEqual(
    [...new Set(findings)].filter((line) => !known.has(line)),
    [],
  );
}
