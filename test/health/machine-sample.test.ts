import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { cpuTicks, MachineSampler, memoryBytes, throttledWords } from '../../appliance/health/machine-sample.ts';

/** A folder with the kernel's files as a Raspberry Pi shows them. */
function kernel(t: TestContext, files: Readonly<Record<string, string>>): string {
  const dir = mkdtempSync(join(tmpdir(), 'weir-kernel-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
  return dir;
}

test('a sample reads temperature, throttling, memory and uptime in their own units', async (t) => {
  const dir = kernel(t, {
    'proc/stat': 'cpu  100 0 100 800 0 0 0 0 0 0\n',
    'proc/meminfo': 'MemTotal:        3884336 kB\nMemAvailable:    2884336 kB\n',
    'proc/uptime': '351735.47 234388.90\n',
    'sys/class/thermal/thermal_zone0/temp': '48312\n',
    'sys/devices/platform/soc/soc:firmware/get_throttled': '50005\n',
  });
  const sample = await new MachineSampler(dir, { proc: join(dir, 'proc'), sys: join(dir, 'sys') }).sample();
  assert.deepEqual(
    [sample.temperature_celsius, sample.throttled, sample.memory_available_bytes, sample.uptime_seconds],
    [48.312, ['under-voltage', 'throttled'], 2884336 * 1024, 351735.47],
  );
});

test('a share of busy time needs two samples', async (t) => {
  const dir = kernel(t, { 'proc/stat': 'cpu  100 0 100 800 0 0 0 0\n' });
  const sampler = new MachineSampler(dir, { proc: join(dir, 'proc'), sys: join(dir, 'sys') });
  assert.equal((await sampler.sample()).cpu_busy, null);
  writeFileSync(join(dir, 'proc/stat'), 'cpu  150 0 125 825 0 0 0 0\n');
  assert.equal((await sampler.sample()).cpu_busy, 0.75);
});

test('on a machine that shows nothing everything is unknown, and nothing is zero', async (t) => {
  const dir = kernel(t, {});
  const sample = await new MachineSampler(join(dir, 'gone'), { proc: dir, sys: dir }).sample();
  const { ts, load, ...rest } = sample;
  assert.deepEqual([...new Set(Object.values(rest))], [null]);
  assert.equal(load.length, 3);
  assert.ok(!Number.isNaN(Date.parse(ts)));
});

test('files of another shape are unknown, not wrong', () => {
  assert.equal(cpuTicks('intr 1 2 3'), undefined);
  assert.equal(cpuTicks('cpu  1 2'), undefined);
  assert.equal(memoryBytes('MemTotal: many kB', 'MemTotal'), null);
  assert.deepEqual(throttledWords('nonsense'), []);
});
