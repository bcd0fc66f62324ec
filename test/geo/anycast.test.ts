// The networks that are kept by hand, next to the table of who announces what: each is its operator's.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAddress } from '../../appliance/geo/address.ts';
import { ANYCAST_NETWORKS, FRONT_ENDS } from '../../appliance/geo/anycast-networks.ts';
import { Places } from '../../appliance/geo/places.ts';

const places = Places.open();

/** Who announces the networks of a list, by words of its source; lists of many operators are not here. */
const OPERATORS: readonly (readonly [source: RegExp, org: RegExp])[] = [
  [/^AS112/, /DNS-OARC/],
  [/^servers of \.com/, /VeriSign/],
  [/^AWS/, /Amazon/],
  [/^Azure/, /Microsoft/],
  [/^Cloudflare/, /Cloudflare/],
  [/^Google/, /Google/],
  [/^Akamai/, /Akamai/],
];

function orgOf(network: string): string | null {
  const [first = ''] = network.split('/');
  const address = parseAddress(first.endsWith('::') ? `${first}1` : first.replace(/\.0$/, '.1'));
  const asn = address === undefined ? null : places.geo.asn(address);
  return asn === null ? null : (places.geo.org(asn) ?? null);
}

/** What nobody announces today may be announced tomorrow. */
function isOf(operator: RegExp, org: string | null): boolean {
  return org === null || operator.test(org);
}

for (const { source, networks } of [...ANYCAST_NETWORKS, ...FRONT_ENDS]) {
  const operator = OPERATORS.find(([word]) => word.test(source))?.[1];
  if (operator === undefined) continue;
  test(`${source}: what is announced is announced by its operator`, () => {
    const wrong = networks.flatMap((line) => line.split(' ')).filter((network) => !isOf(operator, orgOf(network)));
    assert.deepEqual(wrong, []);
  });
}

/** IANA root zone, root-servers.org: the addresses of A to M. */
const ROOTS =
  '198.41.0.4 170.247.170.2 192.33.4.12 199.7.91.13 192.203.230.10 192.5.5.241 192.112.36.4 198.97.190.53 192.36.148.17 ' +
  '192.58.128.30 193.0.14.129 199.7.83.42 202.12.27.33 2001:503:ba3e::2:30 2801:1b8:10::b 2001:500:2::c 2001:500:2d::d ' +
  '2001:500:a8::e 2001:500:2f::f 2001:500:12::d0d 2001:500:1::53 2001:7fe::53 2001:503:c27::2:30 2001:7fd::1 ' +
  '2001:500:9f::42 2001:dc3::35';

test('all root servers answer from everywhere', () => {
  const reported = ROOTS.split(' ').filter((ip) => !places.describeAddress(ip).anycast);
  assert.deepEqual(reported, []);
});

/** Networks whose every address is anycast, by one of theirs. */
const CARRIERS = {
  'Fastly (GitHub pages)': '185.199.108.153',
  NS1: '198.51.44.1',
  UltraDNS: '156.154.132.200',
  'Packet Clearing House': '204.61.216.50',
  'Route 53': '205.251.194.10',
  'Global Accelerator': '13.248.118.1',
  AS112: '192.31.196.1',
  NextDNS: '45.90.28.10',
};

test('carriers and DNS operators answer from everywhere', () => {
  const reported = Object.entries(CARRIERS).filter(([, ip]) => !places.describeAddress(ip).anycast);
  assert.deepEqual(reported, []);
});

test('what stays in one region of a cloud keeps its country', () => {
  const regions = { '52.208.0.1': 'IE', '3.120.0.1': 'DE', '35.156.1.1': 'DE', '54.250.0.1': 'JP' };
  for (const [ip, country] of Object.entries(regions)) assert.equal(places.describeAddress(ip).country, country);
});
