// Holds the services that Weir names against what nDPI's own tests expect for the same captures, flow by flow.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { Analyzer } from '../../appliance/analysis/analyzer.ts';
import { readCaptureFile } from '../../appliance/cli/files/capture-file.ts';
import { CORPUS } from '../truth/corpus.ts';

const EXPECTED = join(CORPUS, 'expected', 'ndpi');

/** Our service names in nDPI's words. nDPI names the carrying protocol first: `TLS.Amazon`. */
const NDPI_NAMES: Readonly<Record<string, readonly string[]>> = {
  dns: ['DNS'],
  mdns: ['MDNS'],
  llmnr: ['LLMNR'],
  nbns: ['NetBIOS'],
  dhcp: ['DHCP'],
  dhcpv6: ['DHCPV6'],
  http: ['HTTP', 'HTTP_Proxy', 'HTTP_Connect', 'OCSP', 'WebSocket'],
  tls: ['TLS', 'MQTTS'],
  dtls: ['DTLS'],
  quic: ['QUIC'],
  mqtt: ['MQTT'],
  coap: ['COAP'],
  rtsp: ['RTSP'],
  ssdp: ['SSDP'],
  ntp: ['NTP'],
  stun: ['STUN'],
  tftp: ['TFTP'],
  ssh: ['SSH'],
  kasa: ['TPLINK_SHP'],
  tuya: ['TuyaLP'],
};

interface ExpectedFlow {
  readonly key: string;
  readonly protocol: string;
}

/** `1<TAB>TCP 10.0.0.1:80 <-> [2001:db8::1]:5 [proto: 7.178/HTTP.Amazon]…` */
function parseFlow(line: string): ExpectedFlow | undefined {
  const match = /^\t\d+\t(TCP|UDP) (\S+):(\d+) <?-> (\S+):(\d+) .*?\[proto: [\d.]+\/([^\]]+)\]/.exec(line);
  if (match === null) return undefined;
  const [, proto = '', a = '', aPort = '', b = '', bPort = '', protocol = ''] = match;
  const ends = [`${bare(a)} ${aPort}`, `${bare(b)} ${bPort}`].toSorted();
  return { key: `${proto.toLowerCase()} ${ends.join(' ')}`, protocol };
}

function bare(address: string): string {
  return address.replace('[', '').replace(']', '');
}

interface Claim {
  readonly flow: string;
  readonly service: string;
  readonly expected: string;
  readonly agrees: boolean;
}

/** Each flow that nDPI lists and Weir claims to know by its payload. */
async function compare(
  path: string,
  expected: readonly ExpectedFlow[],
): Promise<{ claims: Claim[]; unknown: string[] }> {
  const analyzer = new Analyzer({ owner: null, infra: [] });
  await readCaptureFile(path, analyzer, false);
  const services = servicesByFlow(analyzer.summary());
  const claims: Claim[] = [];
  const unknown: string[] = [];
  for (const { key, protocol } of expected) {
    const service = services.get(key);
    if (service === undefined) unknown.push(protocol);
    else claims.push({ flow: key, service, expected: protocol, agrees: agrees(service, protocol) });
  }
  return { claims, unknown };
}

function agrees(service: string, protocol: string): boolean {
  const carrier = protocol.split('.')[0] ?? '';
  return NDPI_NAMES[service]?.includes(carrier) === true;
}

function servicesByFlow(summary: ReturnType<Analyzer['summary']>): Map<string, string> {
  const services = new Map<string, string>();
  for (const [key, record] of Object.entries(summary.own.conversations)) {
    const [proto, a, aPort, b, bPort] = key.split(' ');
    const ends = [`${a} ${aPort}`, `${b} ${bPort}`].toSorted();
    if (record.service !== null && record.proof !== 'port') services.set(`${proto} ${ends.join(' ')}`, record.service);
  }
  return services;
}

/** Captures of nDPI's tests in whatever folder they are. */
function captureOf(result: string): string | undefined {
  const name = `ndpi_${basename(result, '.out')}`;
  return ['proto', 'malformed', 'format'].map((folder) => join(CORPUS, folder, name)).find(existsSync);
}

const skip = existsSync(EXPECTED) ? false : `no captures at ${CORPUS}: nothing to compare with nDPI`;

test('of the flows that Weir claims to know, nDPI names at least 95 percent alike', { skip }, async (t) => {
  const claims: Claim[] = [];
  const unknown = new Map<string, number>();
  for (const result of readdirSync(EXPECTED)) {
    const path = captureOf(result);
    if (path === undefined) continue;
    const flows = readFileSync(join(EXPECTED, result), 'utf8')
      .split('\n')
      .flatMap((line) => parseFlow(line) ?? []);
    const outcome = await compare(path, flows);
    claims.push(...outcome.claims);
    for (const protocol of outcome.unknown) unknown.set(protocol, (unknown.get(protocol) ?? 0) + 1);
    for (const claim of outcome.claims.filter(({ agrees }) => !agrees)) {
      t.diagnostic(`${result}: ${claim.flow} is ${claim.service} for us, ${claim.expected} for nDPI`);
    }
  }
  const agreed = claims.filter(({ agrees }) => agrees).length;
  t.diagnostic(`${agreed} of ${claims.length} claimed flows agree`);
  t.diagnostic(`not claimed: ${[...unknown].map(([name, count]) => `${name} ${count}`).join(', ')}`);
  assert.ok(claims.length > 300, `only ${claims.length} flows compared`);
  assert.ok(agreed / claims.length >= 0.95, `${agreed} of ${claims.length}`);
});
