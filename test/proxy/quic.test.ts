import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { noteRefusedQuic, readQuicSet, readRefusedQuic } from '../../appliance/proxy/record/refused-quic.ts';
import { hostAnswers } from '../../appliance/proxy/results/app-answers.ts';
import { withQuic } from '../../appliance/proxy/results/quic.ts';

/** As nft 1.1 prints it, shortened. */
const SET = (packets: number): string =>
  JSON.stringify({
    nftables: [
      { metainfo: { version: '1.1.3' } },
      {
        set: {
          name: 'quic_to',
          elem: [
            { elem: { val: '203.0.113.1', counter: { packets, bytes: 99 } } },
            { elem: { val: '203.0.113.2', counter: { packets: 3, bytes: 9 } } },
          ],
        },
      },
    ],
  });

test('refused QUIC belongs to the app that was used until it was written down, and counts once', (t) => {
  const run = mkdtempSync(join(tmpdir(), 'weir-quic-'));
  t.after(() => rmSync(run, { recursive: true, force: true }));
  noteRefusedQuic(run, readQuicSet(SET(2)), { app: 'one', round: 'before' });
  noteRefusedQuic(run, readQuicSet(SET(2)), { app: 'nobody', round: 'after' });
  noteRefusedQuic(run, readQuicSet(SET(7)), { app: 'two', round: 'after' });
  appendFileSync(join(run, 'refused-quic.ndjson'), '{"ts":"20');
  assert.deepEqual(
    readRefusedQuic(run).map(({ app, address, datagrams }) => `${app} ${address} ${datagrams}`),
    ['one 203.0.113.1 2', 'one 203.0.113.2 3', 'two 203.0.113.1 5'],
  );
});

test('rules without such a set, or another text, count nothing', () => {
  for (const text of [
    '',
    '{',
    '{}',
    '{"nftables":[{"set":{}}]}',
    '{"nftables":[{"set":{"elem":[{"elem":{"val":1}}]}}]}',
  ])
    assert.equal(readQuicSet(text).size, 0, text);
});

test('QUIC to an address of the app’s host is a fall-back, to another it is QUIC alone', () => {
  const attempt = { app: 'one', host: 'a.example', address: '203.0.113.1', outcome: 'accepted', round: 'after' };
  const attempts = [attempt] as unknown as Parameters<typeof withQuic>[1];
  const row = { ts: '', app: 'one', round: 'after' as const };
  const rows = withQuic(
    hostAnswers(attempts),
    attempts,
    ['203.0.113.1', '203.0.113.2', '203.0.113.2'].map((address) => ({ ...row, address, datagrams: 2 })),
  );
  assert.deepEqual(
    rows.map(({ host, answer, quic_refused }) => `${host} ${answer} ${quic_refused}`),
    ['a.example accepted 2', '203.0.113.2 untested 4'],
  );
});

test('a run of many addresses goes on in sums, and no datagram counts twice', (t) => {
  const run = mkdtempSync(join(tmpdir(), 'weir-quic-'));
  t.after(() => rmSync(run, { recursive: true, force: true }));
  const row = JSON.stringify({ ts: '', app: 'one', round: 'before', address: '198.51.100.1', datagrams: 1 });
  appendFileSync(join(run, 'refused-quic.ndjson'), `${row}\n`.repeat(49_999));
  const activity = { app: 'two', round: 'after' } as const;
  const totals = (packets: number) => new Map([['198.51.100.1', 49_999], ...readQuicSet(SET(packets))]);
  for (const packets of [4, 4, 9]) noteRefusedQuic(run, totals(packets), activity);
  assert.deepEqual(
    readRefusedQuic(run)
      .slice(49_999)
      .map(({ app, address, datagrams }) => `${app} ${address} ${datagrams}`),
    ['two several addresses 7', 'two several addresses 5'],
  );
  const rows = withQuic([], [], readRefusedQuic(run));
  assert.match(rows.find(({ host }) => host === 'several addresses')?.why ?? '', /^12 datagrams .* too many addresses/);
});
