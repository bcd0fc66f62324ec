// The one search: what is typed finds what has that name, the best first.

import assert from 'node:assert/strict';
import test from 'node:test';
import { find, searchEntries } from '../../web/src/search-index.ts';
import { deviceRows } from './mock-answers.ts';
import { flowsOf } from './mock-flows.ts';

const NOW = Date.parse('2026-11-20T12:00:00Z');
const { groups } = flowsOf(new URLSearchParams('by=address,name,organisation,country&scope=internet'), NOW);
const tag = {
  n: 1,
  tag: 'lamp_on',
  device: null,
  owner: 'cli',
  from: '2026-11-20T12:00:00Z',
  to: null,
  cancelled: false,
};
const entries = searchEntries({
  devices: deviceRows(NOW),
  peers: groups,
  rules: [
    { rule: 'CRED-01', explanation: 'HTTP Basic credentials were sent in the clear.' },
    { rule: 'CRED-01', explanation: 'HTTP Basic credentials were sent in the clear.' },
  ],
  tags: [tag, tag],
});
const first = (typed: string) => find(entries, typed, 5)[0];

test('a country is found by its name, by a part of it and by its code', () => {
  for (const typed of ['China', 'chin', 'CN', 'cn '])
    assert.equal(first(typed)?.href, '#/destinations?country=CN', typed);
});

test('each kind leads to its view', () => {
  const wanted: readonly (readonly [string, string, string])[] = [
    ['MiCam', 'device', '#/devices/7811dc200001'],
    ['78:11:dc:20:00:01', 'device', '#/devices/7811dc200001'],
    ['7811dc200001', 'device', '#/devices/7811dc200001'],
    ['d-link camera', 'device', '#/devices/b0c554200002'],
    ['alibaba', 'owner', '#/destinations?organisation=Alibaba+%28US%29+Technology+Co.%2C+Ltd.'],
    ['203.0.113.80', 'address', '#/destinations?address=203.0.113.80'],
    ['health.example', 'name', '#/destinations?name=health.example'],
    ['cred-01', 'rule', '#/findings?rule=CRED-01'],
    ['basic credentials', 'rule', '#/findings?rule=CRED-01'],
    ['lamp', 'tag', '#/live'],
    ['captures', 'view', '#/captures'],
  ];
  for (const [typed, kind, to] of wanted) {
    const found = first(typed);
    assert.deepEqual([found?.kind, found?.href], [kind, to], typed);
  }
});

test('each thing is found once, and nothing by nothing or by what is not there', () => {
  assert.equal(find(entries, 'CRED-01', 9).length, 1);
  assert.equal(find(entries, 'lamp_on', 9).length, 1);
  for (const typed of ['', '   ', 'no such thing', 'China no such thing'])
    assert.deepEqual(find(entries, typed, 9), []);
});

test('accents and case do not matter, and no more than asked for is found', () => {
  const devices = [{ ...deviceRows(NOW)[0], id: 'x', name: 'Küche' } as ReturnType<typeof deviceRows>[number]];
  const kitchen = searchEntries({ devices, peers: [], rules: [], tags: [] });
  assert.equal(find(kitchen, 'KUCHE', 3)[0]?.label, 'Küche');
  assert.equal(find(entries, 'e', 3).length, 3);
});
