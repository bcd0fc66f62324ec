import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Places } from '../../appliance/geo/places.ts';

const places = Places.open();

/** Addresses whose place and owner are public knowledge: published cloud ranges, universities, national carriers. */
const LOCATED: readonly (readonly [ip: string, country: string, asn: number])[] = [
  ['52.208.0.1', 'IE', 16509], // AWS eu-west-1
  ['54.72.1.1', 'IE', 16509], // AWS eu-west-1
  ['3.120.0.1', 'DE', 16509], // AWS eu-central-1
  ['35.156.1.1', 'DE', 16509], // AWS eu-central-1
  ['18.130.0.1', 'GB', 16509], // AWS eu-west-2
  ['13.54.0.1', 'AU', 16509], // AWS ap-southeast-2
  ['54.250.0.1', 'JP', 16509], // AWS ap-northeast-1
  ['52.67.0.1', 'BR', 16509], // AWS sa-east-1
  ['13.126.0.1', 'IN', 16509], // AWS ap-south-1
  ['52.60.0.1', 'CA', 16509], // AWS ca-central-1
  ['47.91.80.1', 'DE', 45102], // Alibaba Frankfurt
  ['47.242.0.1', 'HK', 45102], // Alibaba Hong Kong
  ['42.120.1.1', 'CN', 37963], // Alibaba Hangzhou
  ['40.74.28.1', 'NL', 8075], // Azure West Europe
  ['5.9.0.1', 'DE', 24940], // Hetzner
  ['80.12.1.1', 'FR', 3215], // Orange
  ['129.132.1.1', 'CH', 559], // ETH Zürich
  ['130.237.28.40', 'SE', 1653], // KTH
  ['202.32.0.1', 'JP', 2497], // IIJ
  ['211.43.0.1', 'KR', 4766], // Korea Telecom
  ['81.2.69.142', 'GB', 20712], // Andrews & Arnold
  ['134.83.1.1', 'GB', 786], // Brunel University
  ['194.25.0.60', 'DE', 3320], // Deutsche Telekom
  ['114.80.1.1', 'CN', 4812], // China Telecom Shanghai
  ['77.88.55.60', 'RU', 13238], // Yandex
  ['200.147.3.157', 'BR', 7162], // UOL
  ['196.25.1.1', 'ZA', 5713], // Telkom SA
  ['203.0.178.191', 'AU', 4739], // iiNet
  ['140.112.1.1', 'TW', 1659], // National Taiwan University
  ['2a01:4f8::1', 'DE', 24940], // Hetzner
  ['::ffff:52.208.0.1', 'IE', 16509], // the first one, IPv4-mapped
];

for (const [ip, country, asn] of LOCATED) {
  test(`${ip} is in ${country} and announced by AS${asn}`, () => {
    const place = places.describeAddress(ip);
    assert.deepEqual([place.country, place.asn, place.internal], [country, asn, false]);
  });
}

const ANYCAST = [
  '8.8.8.8',
  '1.1.1.1',
  '9.9.9.9',
  '208.67.222.222',
  '151.101.1.6',
  '2606:4700:4700::1111',
  '2001:4860:4860::8888',
  '75.2.60.5', // Global Accelerator
  '99.83.190.102', // Global Accelerator
  '205.251.197.1', // Route 53
  '192.175.48.6', // AS112
  '170.247.170.2', // root server B
  '192.203.230.10', // root server E
  '2001:500:12::d0d', // root server G
  '2001:7fd::1', // root server K
  '142.250.180.2', // a front end of Google
  '13.32.10.1', // CloudFront
  '2600:9000:2000::1', // CloudFront
  '23.45.67.89', // Akamai
  '2a02:26f0::1', // Akamai
];

/** Of the registries of special addresses (IANA): on the Internet, but their addresses name no place. */
const PLACELESS = [
  '2002:34d0:1::1',
  '2001:0:4136:e378::1',
  '192.88.99.1',
  '192.52.193.1',
  '64:ff9b::34d0:1',
  '64:ff9b:1::1',
];

for (const ip of PLACELESS) {
  test(`${ip} has no country, network or owner`, () => {
    const { country, asn, provider, internal, scope } = places.describeAddress(ip);
    assert.deepEqual([country, asn, provider, internal, scope], ['XX', null, null, false, 'transition']);
  });
}

test('neighbours of the special ranges keep their country', () => {
  const neighbours = ['192.88.98.1', '192.88.100.1', '2003::1', '2001:200::1'];
  assert.deepEqual(
    neighbours.filter((ip) => places.describeAddress(ip).scope !== 'global'),
    [],
  );
});

for (const ip of ANYCAST) {
  test(`${ip} answers from everywhere and gets no country`, () => {
    const place = places.describeAddress(ip);
    assert.deepEqual([place.country, place.anycast], [null, true]);
    assert.ok(place.asn !== null);
  });
}

const LOCAL: readonly (readonly [ip: string, scope: string])[] = [
  ['10.0.0.1', 'private'],
  ['172.16.0.1', 'private'],
  ['172.31.255.255', 'private'],
  ['192.168.1.1', 'private'],
  ['169.254.1.1', 'link-local'],
  ['100.64.1.1', 'shared'],
  ['127.0.0.1', 'loopback'],
  ['0.0.0.0', 'unspecified'],
  ['224.0.0.251', 'multicast'],
  ['239.255.255.250', 'multicast'],
  ['255.255.255.255', 'broadcast'],
  ['198.51.100.7', 'documentation'],
  ['fe80::1', 'link-local'],
  ['febf::1', 'link-local'],
  ['fd00::1', 'private'],
  ['ff02::fb', 'multicast'],
  ['::1', 'loopback'],
  ['::', 'unspecified'],
  ['2001:db8::1', 'documentation'],
  ['2001:10::1', 'reserved'],
  ['2001:2f::1', 'reserved'],
  ['2001:2::1', 'reserved'],
  ['100::1', 'reserved'],
  ['::ffff:192.168.1.1', 'private'],
];

for (const [ip, scope] of LOCAL) {
  test(`${ip} is ${scope} and local`, () => {
    const place = places.describeAddress(ip);
    assert.deepEqual([place.country, place.scope, place.internal, place.asn], ['local', scope, true, null]);
  });
}

test('neighbours of private ranges are on the Internet', () => {
  const outside = ['9.255.255.255', '11.0.0.0', '172.15.255.255', '172.32.0.0', '100.63.255.255', '100.128.0.0'];
  assert.deepEqual(
    outside.map((ip) => places.describeAddress(ip).internal),
    outside.map(() => false),
  );
});

test('a provider is named as people name it', () => {
  const named = ['52.208.0.1', '47.91.80.1', '5.9.0.1', '129.132.1.1'].map((ip) => places.describeAddress(ip).provider);
  assert.deepEqual(named, ['Amazon', 'Alibaba', 'Hetzner', null]);
});

test('text that is no address has an unknown country', () => {
  const texts = [
    '',
    '1.2.3',
    '1.2.3.4.5',
    '01.2.3.4',
    '256.1.1.1',
    'example.com',
    ':::',
    '1::2::3',
    'fe80::1%eth0',
    '1',
  ];
  assert.deepEqual(
    texts.map((text) => places.describeAddress(text).country),
    texts.map(() => 'XX'),
  );
});

test('a hundred thousand different addresses do not grow the memory of answers without bound', () => {
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < 100_000; i++) places.describeAddress(`${1 + (i % 200)}.${(i >> 8) & 255}.${i & 255}.${i % 251}`);
  assert.ok(process.memoryUsage().heapUsed - before < 40_000_000);
});
