import assert from 'node:assert/strict';
import { test } from 'node:test';
import { warningsOf } from '../../appliance/publish/status-view.ts';
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
