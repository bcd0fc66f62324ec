// The address bar as the page's table of contents.

import assert from 'node:assert/strict';
import test from 'node:test';
import { href, parseRoute } from '../../web/src/route.ts';

test('an unknown address leads to the first screen', () => {
  for (const hash of ['', '#', '#/', '#/nowhere', '#/__proto__', '#javascript:alert(1)']) {
    assert.equal(parseRoute(hash).view, 'devices');
  }
});

test('an address written by href is read back', () => {
  const route = parseRoute(href('devices', '78b1dc200001', { phase: 'idle', filter: '' }));
  assert.equal(route.view, 'devices');
  assert.equal(route.id, '78b1dc200001');
  assert.deepEqual([...route.query], [['phase', 'idle']]);
});
