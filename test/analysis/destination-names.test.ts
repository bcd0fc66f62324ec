import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placeOfNames } from '../../appliance/analysis/document/destination-names.ts';

test('the region is in whichever name states it, the domain is that of the name asked for', () => {
  const place = placeOfNames([
    { name: 'ec2-3-120-0-1.eu-central-1.compute.amazonaws.com', source: 'dns' },
    { name: 'iot.example.co.uk', source: 'sni' },
  ]);
  assert.deepEqual(place, {
    provider: 'Amazon',
    domain: 'example.co.uk',
    region: 'eu-central-1',
    region_country: 'DE',
  });
});

test('without names, or with names that say nothing, nothing is said', () => {
  const nothing = { provider: null, domain: null, region: null, region_country: null };
  assert.deepEqual([placeOfNames([]), placeOfNames([{ name: '192.0.2.1', source: 'host' }])], [nothing, nothing]);
});
