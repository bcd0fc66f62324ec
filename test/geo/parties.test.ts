// Whose service a destination is, and which law applies in a country: rows that somebody can look up.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countries } from '../../appliance/config/countries.ts';
import { jurisdictionOf } from '../../appliance/geo/jurisdictions.ts';
import { partyOf } from '../../appliance/geo/parties.ts';

const NOWHERE = { domain: null, org: null, provider: null };

const CASES: readonly (readonly [maker: string | null, domain: string | null, party: string])[] = [
  ['Tuya Smart Inc.', 'tuyaeu.com', 'first'],
  ['TP-LINK TECHNOLOGIES CO.,LTD.', 'tplinkcloud.com', 'first'],
  ['Philips Lighting BV', 'meethue.com', 'first'],
  ['Shanghai Xiaodu Technology Limited', 'baidu.com', 'first'],
  ['Foobot Air', 'foobot.io', 'first'],
  ['Tuya Smart Inc.', 'amazonaws.com', 'support'],
  ['Tuya Smart Inc.', 'bucket.s3.eu-west-1.amazonaws.com', 'support'],
  ['Tuya Smart Inc.', 'ntp.org', 'support'],
  ['Tuya Smart Inc.', 'doubleclick.net', 'third'],
  ['Google, Inc.', 'doubleclick.net', 'third'],
  ['Roku, Inc', 'samsungads.com', 'third'],
  ['Roku, Inc', 'netflix.com', 'unknown'],
  ['Tuya Smart Inc.', 'google.com', 'third'],
  // The address names the maker of a module, or nobody: whose google.com is then, nobody knows.
  [null, 'google.com', 'unknown'],
  ['Espressif Inc.', 'google.com', 'unknown'],
  ['Shenzhen Bilian Electronic', 'shenzhen-cloud.com', 'unknown'],
  ['Springer Verlag', 'ring.com', 'unknown'],
  ['Tuya Smart Inc.', null, 'unknown'],
];

for (const [maker, domain, party] of CASES)
  test(`${domain ?? 'an address without a name'} is ${party} to a device of ${maker ?? 'nobody known'}`, () => {
    const answer = partyOf(maker, { ...NOWHERE, domain });
    assert.equal(answer.party, party, answer.because);
    assert.notEqual(answer.because, '');
  });

test('an address without a name in the maker’s own network is the maker’s', () => {
  assert.equal(partyOf('Apple, Inc.', { domain: null, org: 'APPLE-ENGINEERING', provider: 'Apple' }).party, 'first');
});

test('each country has one line; what is no country has none', () => {
  for (const country of countries) assert.match(jurisdictionOf(country)?.line ?? '', /\w/, country);
  for (const none of ['XX', 'local', 'CDN/anycast', '']) assert.equal(jurisdictionOf(none), undefined);
});

test('27 members, 3 more of the EEA, 16 decisions of the Commission', () => {
  const kinds = [...countries].map((country) => jurisdictionOf(country)?.kind);
  const count = (kind: string) => kinds.filter((one) => one === kind).length;
  // With Åland and five outermost regions that have a code of their own.
  assert.deepEqual([count('eu'), count('eea'), count('adequate')], [27 + 7, 3, 16]);
  assert.match(jurisdictionOf('JP')?.line ?? '', /2019\/419 of 2019-01-23/);
  assert.match(jurisdictionOf('US')?.line ?? '', /only companies certified/);
  assert.equal(jurisdictionOf('CN')?.kind, 'other');
});
