import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Destinations } from '../../appliance/proxy/engine/reach.ts';

test('nobody is led into the network that the appliance is managed from', () => {
  const destinations = new Destinations(false);
  const inner = [
    '127.0.0.1',
    '10.1.2.3',
    '172.31.255.255',
    '192.168.1.1',
    '100.64.0.1',
    '169.254.169.254',
    '0.0.0.0',
    '224.0.0.1',
  ];
  const inner6 = ['::1', '::', 'fd00::1', 'fe80::1', 'ff02::1', '::ffff:192.168.1.1', '64:ff9b::c0a8:101'];
  assert.deepEqual(
    [...inner, ...inner6, 'no address', ''].filter((address) => destinations.admits(address)),
    [],
  );
  assert.deepEqual(
    ['8.8.8.8', '203.0.113.9', '2606:4700::1111'].map((address) => destinations.admits(address)),
    [true, true, true],
  );
});
