import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cloudPlace } from '../../appliance/geo/cloud-names.ts';
import { registrableDomain } from '../../appliance/geo/domain.ts';

const NAMES: readonly (readonly [name: string, provider: string, region: string | null, country: string | null])[] = [
  ['ec2-52-208-0-1.eu-west-1.compute.amazonaws.com', 'Amazon', 'eu-west-1', 'IE'],
  ['a1b2c3.iot.us-east-1.amazonaws.com', 'Amazon', 'us-east-1', 'US'],
  ['bucket.s3-eu-central-1.amazonaws.com', 'Amazon', 'eu-central-1', 'DE'],
  ['bucket.s3.amazonaws.com', 'Amazon', null, null],
  ['x.cn-north-1.amazonaws.com.cn', 'Amazon', 'cn-north-1', 'CN'],
  ['clip.oss-eu-central-1.aliyuncs.com', 'Alibaba', 'eu-central-1', 'DE'],
  ['clip.oss-cn-hangzhou-internal.aliyuncs.com', 'Alibaba', 'cn-hangzhou', 'CN'],
  ['vm.westeurope.cloudapp.azure.com', 'Microsoft', 'westeurope', 'NL'],
  ['hub.azure-devices.net.', 'Microsoft', null, null],
  ['E1234.A.AKAMAIEDGE.NET', 'Akamai', null, null],
];

for (const [name, provider, region, country] of NAMES) {
  test(`${name} is ${provider}${region === null ? '' : ` in ${region}`}`, () => {
    assert.deepEqual(cloudPlace(name), { provider, region, country });
  });
}

test('a name that only looks like a cloud is none', () => {
  const names = [
    'amazonaws.com.evil.example',
    'notamazonaws.com',
    '',
    'example.com',
    `${'a'.repeat(300)}.amazonaws.com`,
  ];
  assert.deepEqual(
    names.map(cloudPlace),
    names.map(() => undefined),
  );
});

test('the registrable domain heeds public and private suffixes', () => {
  const names = [
    'a.b.example.co.uk',
    'bucket.s3.amazonaws.com',
    'api.foobot.io',
    'local',
    '192.168.1.1',
    'co.uk',
    'X.Example.COM.',
  ];
  const expected = ['example.co.uk', 'bucket.s3.amazonaws.com', 'foobot.io', null, null, null, 'example.com'];
  assert.deepEqual(names.map(registrableDomain), expected);
});
