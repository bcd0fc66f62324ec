// What is counted of the home stays within its tables, whatever a device claims.

import { equal } from 'node:assert/strict';
import { test } from 'node:test';
import { Home } from '../../appliance/analysis/packet/home.ts';

const MOST = 512;
const witness = { ts: () => '1.0', evidence: () => ({ packet: 1, ts: '1.0' }) as never };

test('of a hundred thousand ways out of the home 512 are kept, the others counted, and the router stays the router', () => {
  const home = new Home(new Set(), witness);
  for (let i = 0; i < 3; i++) home.route('router', `device ${i}`.replace(' ', '-'));
  for (let i = 0; i < 100_000; i++) home.route(`way-${i}`, 'liar');
  equal(Object.keys(home.record().routes).length, MOST);
  equal(home.dropped, 100_003 - MOST);
  equal(home.isRouter('router'), true);
});

test('what is known already is counted on when the table is full', () => {
  const home = new Home(new Set(), witness);
  for (let i = 0; i < MOST; i++) home.route(`way-${i}`, 'sender');
  home.route('way-0', 'sender');
  equal(home.record().routes['way-0 sender'], 2);
  equal(home.dropped, 0);
});
