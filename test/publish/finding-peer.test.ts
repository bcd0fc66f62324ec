// With whom a finding is about, from its subject and what the document knows of hosts and devices.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AnalysisDocument } from '../../appliance/model/analysis-document.ts';
import { FindingPeers } from '../../appliance/publish/finding-peer.ts';

const CAMERA = '28:10:7b:36:62:23';
const PHONE = 'da:5c:1e:08:d9:10';
const document = {
  destinations: [
    { ip: '203.0.113.9', names: [{ name: 'cloud.example' }], country: 'CN', org: 'Example AS', provider: 'Example' },
    { ip: '2001:db8::1', names: [], country: 'DE', org: 'Other', provider: null },
  ],
  devices: [{ mac: CAMERA, ips: ['192.168.77.103'], names: [{ name: 'Hall camera' }] }],
} as unknown as AnalysisDocument;
const peer = (rule: string, device: string, subject: string) =>
  new FindingPeers(document).of({ id: `${rule} ${device} ${subject}`, rule, device } as never);

test('a host is found by its name and by its address, with and without a port', () => {
  const cloud = { name: 'cloud.example', country: 'CN', organisation: 'Example' };
  for (const word of ['cloud.example', 'cloud.example:8080', '203.0.113.9', '203.0.113.9:443'])
    assert.deepEqual(peer('CLR-01', CAMERA, `${word} http`), cloud, word);
  const unnamed = { name: '2001:db8::1', country: 'DE', organisation: 'Other' };
  for (const word of ['2001:db8::1', '[2001:db8::1]:443'])
    assert.deepEqual(peer('CLR-01', CAMERA, word), unnamed, word);
});

test('a device of the home is the other side of another device, and never of itself', () => {
  assert.deepEqual(peer('CRED-01', PHONE, '192.168.77.103 basic'), {
    name: 'Hall camera',
    country: 'local',
    organisation: null,
  });
  assert.equal(peer('CLR-03', CAMERA, '192.168.77.103 mjpeg'), undefined);
});

test('what names nobody that the document knows has no other side', () => {
  assert.equal(peer('CLR-01', CAMERA, 'unknown.example http'), undefined);
  assert.equal(peer('DNS-01', CAMERA, ''), undefined);
});
