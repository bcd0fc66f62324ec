import assert from 'node:assert/strict';
import { test } from 'node:test';
import { spanOf, spanPath } from '../../web/src/span.ts';

test('a span of the address becomes the address of one pcap, in UTC', () => {
  const { from, to, trouble } = spanOf('2026-11-17T10:00', '2026-11-17T11:00:00');
  assert.equal(trouble, '');
  assert.equal(
    spanPath('aabbcc000102', from, to),
    'api/v1/devices/aabbcc000102/pcap?from=2026-11-17T10%3A00Z&to=2026-11-17T11%3A00%3A00Z',
  );
  assert.equal(spanPath('aabbcc000102', '', ''), 'api/v1/devices/aabbcc000102/pcap');
});

test('what is no time is absent, and an end before the begin is told', () => {
  assert.deepEqual(spanOf('noon', '2026-13-40T99:00'), { from: '', to: '', trouble: '' });
  assert.match(spanOf('2026-11-17T11:00', '2026-11-17T10:00').trouble, /not later/);
});
