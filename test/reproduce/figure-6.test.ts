// Fig. 6: its rows and columns. How fast a machine is, is not asserted.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Measurement, measuredReport } from '../../appliance/reproduce/paper/measured-report.ts';
import { CORPUS } from '../truth/corpus.ts';
import { PROGRAM } from './outside.ts';

const WITHINGS = join(CORPUS, 'iot-setup', 'Withings_Setup-C-1.pcap');

test("Fig. 6 has time, processor and memory of a measured run, beside the paper's time of that size", () => {
  const { stdout } = spawnSync(process.execPath, [PROGRAM, 'measured-analysis', WITHINGS], { encoding: 'utf8' });
  const measured = JSON.parse(stdout) as Measurement;
  assert.equal(measured.bytes, statSync(WITHINGS).size);
  // A process of Node that read a capture has run for a while and has more than 10 MB.
  assert.ok(measured.seconds > 0 && measured.processor_seconds > 0 && measured.memory_bytes > 10e6, stdout);

  const made = (bytes: number, seconds: number, processor_seconds: number, memory_bytes: number): Measurement => ({
    bytes,
    seconds,
    processor_seconds,
    memory_bytes,
  });
  const report = measuredReport(
    [measured, made(500_000, 0.25, 0.3, 80e6), made(5e6, 0.5, 0.6, 90e6), made(75e6, 4, 5, 2e8)],
    'a machine',
  );
  const [section] = report.sections;
  const [table] = section?.tables ?? [];
  assert.deepEqual(table?.head, [
    'bytes',
    'seconds',
    'processor_percent',
    'memory_bytes',
    'bytes_per_second',
    'paper_seconds',
  ]);
  assert.equal(table.rows[0]?.[0], measured.bytes);
  // 0.3 s of processor in 0.25 s are 120 %; the paper has a time for its smallest and its largest file.
  assert.deepEqual(table.rows.slice(1), [
    [500_000, 0.25, 120, 80e6, 2e6, 1],
    [5e6, 0.5, 120, 90e6, 1e7, null],
    [75e6, 4, 125, 2e8, 18_750_000, 360],
  ]);
  const figures = section?.figures ?? [];
  assert.deepEqual(
    figures.map(({ name }) => name),
    ['figure-6a', 'figure-6b', 'figure-6c'],
  );
  assert.match(figures[0]?.svg ?? '', /the paper \(two points\)/);
});
