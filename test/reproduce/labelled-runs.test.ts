// weir reproduce iotshark compares labelled runs: given by name, or the tags of a data folder; rates are those of tshark.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import type { AnalysisDocument } from '../../appliance/model/analysis-document.ts';
import type { Comparison } from '../../appliance/model/experiment/comparison.ts';
import { parseDevice } from '../../appliance/model/mac.ts';
import { ascii, pcapFile, type TestFrame, udp } from '../analysis/packets.ts';
import { DataFolder, record, START_NS } from '../store/data-folder.ts';
import { CORPUS } from '../truth/corpus.ts';
import { csvRows, hasProgram, reproduce, tshark, weir } from './outside.ts';

const IDLE = join(CORPUS, 'iot-lifecycle', 'xiaodu_plug_idle_on_local.pcap');
const VOICE = join(CORPUS, 'iot-lifecycle', 'xiaodu_plug_on_voice.pcap');
const DEVICE = { mac: '02:00:00:00:00:21', ip: '10.0.0.21', port: 40_000 };
const SERVER = { mac: '02:00:00:00:00:01', ip: '52.208.0.1', port: 20_500 };

function outputFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-runs-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Each minute of five hours `each` datagrams. */
function frames(each: number, begin: number, minutes: number): TestFrame[] {
  return Array.from({ length: minutes * each }, (_, i) => ({
    bytes: udp(DEVICE, SERVER, ascii('hello')),
    seconds: begin + Math.floor(i / each) * 60 + (i % each),
    nanoseconds: 0,
  }));
}

const reason = hasProgram('tshark', IDLE) ?? false;

test('two runs of a real plug: rates equal those of tshark, verdicts those of weir diff', { skip: reason }, (t) => {
  const folder = outputFolder(t);
  reproduce('iotshark', VOICE, '-o', folder, '--run', `Idle=${IDLE}`, '--run', `Voice=${VOICE}`);
  const totals = csvRows(join(folder, 'compared-runs.csv'));
  const packets = totals.find(({ what }) => what === 'packets');
  const hourly = (file: string): number => {
    const times = tshark(file, '', 'frame.time_epoch').map(([time]) => Number(time));
    const counted = tshark(file, '(tcp || udp) && !icmp && !icmpv6', 'frame.number').length;
    return counted / ((times.at(-1)! - times[0]!) / 3600);
  };
  for (const [column, file] of [['a_per_hour', IDLE] as const, ['b_per_hour', VOICE] as const])
    assert.ok(Math.abs(Number(packets?.[column]) / hourly(file) - 1) < 1e-5, `${column} ${packets?.[column]}`);
  const { rows } = JSON.parse(weir('diff', IDLE, VOICE, '--json')) as Comparison;
  const said = rows.filter(({ list }) => list === 'total').map(({ name, verdict }) => `${name} ${verdict}`);
  assert.deepEqual(
    totals.map(({ what, verdict }) => `${what} ${verdict}`),
    said,
  );
  assert.match(readFileSync(join(folder, 'report.html'), 'utf8'), /Labelled runs compared/);
});

test('a real plug has 7 destinations when idle, 2 when spoken to, 3 when set up', { skip: reason }, () => {
  const SETUP = join(CORPUS, 'iot-lifecycle', 'xiaodu_plug_setup.pcap');
  const reached = [IDLE, VOICE, SETUP].map((file) => {
    const { destinations } = JSON.parse(weir('analyze', file, '--format', 'json')) as AnalysisDocument;
    return destinations.length;
  });
  assert.deepEqual(reached, [7, 2, 3]);
});

test('the tags of a data folder are runs: three make three pairs, and the run with talk differs from both without', (t) => {
  const data = DataFolder.make(t);
  const start = Number(START_NS / 1_000_000_000n);
  const key = parseDevice(DEVICE.mac)!;
  for (const [run, each] of [2, 2, 20].entries()) {
    const begin = start + run * 5 * 3600;
    const at = (seconds: number) => `${begin + seconds}.000000000`;
    data.line({ type: 'tag-started', ts: at(0), tag: `Run${run}`, device: null, owner: 'test' });
    const segment = data.open(key, BigInt(begin) * 1_000_000_000n, 'idle');
    for (const { bytes, seconds } of frames(each, begin, 5 * 60))
      data.append(segment, record(Buffer.from(bytes), BigInt(seconds) * 1_000_000_000n));
    data.close(segment);
    data.line({ type: 'tag-stopped', ts: at(5 * 3600), tag: `Run${run}`, device: null, owner: 'test' });
  }
  const folder = outputFolder(t);
  reproduce('iotshark', data.dir, '-o', folder);
  const sent = csvRows(join(folder, 'compared-runs.csv')).filter(({ what }) => what === 'packets');
  assert.deepEqual(
    sent.map(({ a, b, verdict, a_per_hour, b_per_hour }) => [a, b, verdict, Number(a_per_hour), Number(b_per_hour)]),
    [
      ['Run0', 'Run1', 'alike', 120, 120],
      ['Run0', 'Run2', 'changed', 120, 1200],
      ['Run1', 'Run2', 'changed', 120, 1200],
    ],
  );
  assert.deepEqual(
    csvRows(join(folder, 'runs.csv')).map(({ run, packets }) => [run, packets]),
    [
      ['Run0', '600'],
      ['Run1', '600'],
      ['Run2', '6000'],
    ],
  );
});

for (const [words, says] of [
  [['--run', 'a.pcap'], /--run is written LABEL=CAPTURES .*nothing was reproduced/],
  [['--run', 'One=a.pcap', '--run', 'One=a.pcap'], /--run One is given twice/],
  [['--run', 'One=a.pcap', '--run', 'Two=none.pcap'], /cannot be read: there is no such file/],
] as const)
  test(`one line for ${words.join(' ')}`, (t) => {
    const folder = outputFolder(t);
    const file = join(folder, 'a.pcap');
    writeFileSync(file, pcapFile(frames(1, 1_795_000_000, 3)));
    const main = join(import.meta.dirname, '..', '..', 'appliance', 'cli', 'main.js');
    const given = words.map((word) => word.replace(/(?=\b(?:a|none)\.pcap)/, `${folder}/`));
    const called = [main, 'reproduce', 'iotshark', file, '-o', join(folder, 'out'), ...given];
    const { status, stderr } = spawnSync(process.execPath, called, { encoding: 'utf8' });
    assert.equal(status, 2, stderr);
    assert.match(stderr, says);
    assert.equal(stderr.trimEnd().split('\n').length, 1);
    assert.ok(!existsSync(join(folder, 'out')), 'nothing was written');
  });
