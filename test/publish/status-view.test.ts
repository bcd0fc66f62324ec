import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { proxyView, warningsOf } from '../../appliance/publish/status-view.ts';
import { type State, statusOf } from '../web/mock-status.ts';

const STATE: State = {
  phase: 'idle',
  interaction: 'none',
  tags: [],
  endedTags: [],
  identities: new Map(),
  switches: [],
};

test('figures that cannot be drawn are a warning on the page, with the reason', () => {
  const status = statusOf(STATE, true, 0);
  const analysis = { ...status.analysis, undrawn_devices: 2, undrawn_reason: 'no such verdict' };
  const before = warningsOf(status);
  const now = warningsOf({ ...status, analysis });
  assert.deepEqual(
    now.filter((warning) => !before.includes(warning)),
    ['The figures of 2 devices could not be drawn (no such verdict); the last ones remain, and it is tried again.'],
  );
});

test('while the app proxy runs, the page says whose TLS it looks into; a torn or missing state is none', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-proxy-state-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'state.json');
  assert.equal(proxyView(file), null);
  writeFileSync(file, '{"schema":"weir.proxy-state/1","dev');
  assert.equal(proxyView(file), null);
  const state = { schema: 'weir.proxy-state/1', device: '02:00:00:00:07:01', since: '2026-12-01T00:00:00.000Z' };
  writeFileSync(file, JSON.stringify(state));
  const { device, since } = state;
  assert.deepEqual(proxyView(file), { device, since });
  const status = statusOf(STATE, true, 0);
  const [first] = warningsOf({ ...status, proxy: proxyView(file) });
  assert.match(first ?? '', /^The app proxy looks into the TLS of 02:00:00:00:07:01 since .* weir proxy stop$/);
});
