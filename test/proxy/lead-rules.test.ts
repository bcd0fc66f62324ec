import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fenceRules } from '../../appliance/proxy/fence/lead-rules.ts';

test('every rule is about one device', () => {
  const rules = fenceRules({ device: '02:00:00:00:00:07', bridge: 'br-weir', address: '10.77.0.1' });
  const hooks = rules.split('\n').filter((line) => line.includes('iifname'));
  assert.equal(hooks.length, 2);
  for (const line of hooks) assert.match(line, /iifname "br-weir" ether saddr 02:00:00:00:00:07 /);
});
