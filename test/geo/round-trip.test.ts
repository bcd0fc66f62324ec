// The round trip of TCP handshakes is in the document, and a country that it rules out is a finding.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Analyzer } from '../../appliance/analysis/analyzer.ts';
import { openTables } from '../../appliance/analysis/document/open-tables.ts';
import { renderDocument } from '../../appliance/analysis/render-document.ts';
import { ascii, connection, type Endpoint } from '../analysis/packets.ts';

const DEVICE: Endpoint = { mac: '02:00:00:00:00:11', ip: '10.0.0.11', port: 40_000 };
/** Amazon's range in Ireland; the tables say so in every edition. */
const SERVER: Endpoint = { mac: '02:00:00:00:00:01', ip: '52.208.0.1', port: 443 };
const START = 1_795_002_000;

/** One connection whose SYN is answered after `milliseconds`, seen from an access point in `home`. */
function documentFrom(home: string, milliseconds: number, from = DEVICE, to = SERVER) {
  const analyzer = new Analyzer({ owner: null, infra: [] });
  for (const [i, frame] of connection(from, to, [[0, ascii('hello')]]).entries()) {
    const ns = i === 0 ? 0 : milliseconds * 1e6 + i;
    analyzer.frame(frame, 0, frame.length, START, ns, frame.length, 1);
  }
  const source = { path: 'x', bytes: 0, sha256: null, format: 'pcap', damage: null, digits: 9 } as const;
  return renderDocument(analyzer.summary(), openTables('test', 'curated', undefined, home).tables, source);
}

test('an Irish address that answers within 2 ms in Japan is not in Ireland, and a finding says so with the packet', () => {
  const { destinations, findings } = documentFrom('JP', 2);
  assert.equal(destinations[0]?.country, 'IE');
  const trip = destinations[0]?.round_trip;
  assert.deepEqual(
    [trip?.shortest_ms, trip?.handshakes, trip?.reach_km, trip?.claim],
    [2.000001, 1, 300, 'impossible'],
  );
  const finding = findings.find(({ rule }) => rule === 'GEO-01');
  assert.deepEqual(finding?.evidence, [{ segment: 0, packet: 2, ts: `${START}.002000001` }]);
  assert.match(
    finding?.excerpt_masked ?? '',
    /^52\.208\.0\.1 in IE: .*at most 300 km, but IE is at least \d+ km from JP/,
  );
});

test('the same answer in Great Britain excludes nothing', () => {
  const { destinations, findings } = documentFrom('GB', 12);
  assert.equal(destinations[0]?.round_trip?.claim, 'possible');
  assert.equal(
    findings.find(({ rule }) => rule === 'GEO-01'),
    undefined,
  );
});

test('without a home country the round trip is shown and nothing is claimed', () => {
  assert.equal(documentFrom('', 2).destinations[0]?.round_trip?.claim, 'unknown');
});

test('who is called from the Internet shows the time of the radio, not of the Internet: not counted', () => {
  assert.equal(documentFrom('JP', 2, SERVER, DEVICE).destinations[0]?.round_trip, null);
});

test('a handshake cut in two by segments is measured', () => {
  const [syn, answer] = connection(DEVICE, SERVER, []);
  const first = new Analyzer({ owner: null, infra: [], segment: 1 });
  first.frame(syn!, 0, syn!.length, START, 999_000_000, syn!.length, 1);
  const carry = JSON.parse(JSON.stringify(first.end().carry));
  const second = new Analyzer({ owner: null, infra: [], segment: 2 }, carry);
  second.frame(answer!, 0, answer!.length, START + 1, 4_000_000, answer!.length, 1);
  assert.deepEqual(second.summary().own.round_trips['52.208.0.1'], {
    shortest_ns: 5_000_000,
    handshakes: 1,
    evidence: { segment: 2, packet: 1, ts: `${START + 1}.004000000` },
  });
});
