import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Attempt, Outcome, Round } from '../../appliance/proxy/record/attempt.ts';
import { appAnswers, hostAnswers } from '../../appliance/proxy/results/app-answers.ts';

const DEFAULTS: Attempt = {
  ts: '2026-12-01T00:00:00.000Z',
  seconds: 1,
  device: '02:00:00:00:00:07',
  app: 'plug',
  round: 'after',
  host: 'api.example.com',
  has_sni: true,
  address: '203.0.113.1',
  port: 443,
  tls: 'TLSv1.3',
  alpn: 'h2',
  ja4: '',
  outcome: 'accepted',
  detail: '',
  server_verified: true,
  bytes_up: 1,
  bytes_down: 1,
  client: '192.0.2.7:40000',
};

const row = (round: Round, outcome: Outcome, more: Partial<Attempt> = {}): Attempt => ({
  ...DEFAULTS,
  round,
  outcome,
  ...more,
});
/** Shows that the authority is on the phone. */
const proof = row('after', 'accepted', { app: 'browser', host: 'www.example.org' });
const answerOf = (...rows: readonly Attempt[]): string =>
  hostAnswers([...rows, proof]).find(({ app }) => app === 'plug')?.answer ?? 'none';

test('a refusal before the authority was on the phone says untrusted, after it pinned', () => {
  assert.equal(answerOf(row('before', 'refused')), 'untrusted');
  assert.equal(answerOf(row('before', 'refused'), row('after', 'refused')), 'pinned');
  assert.equal(answerOf(row('before', 'refused'), row('after', 'accepted')), 'accepted');
});

test('nothing is called pinned while nothing shows that the authority is on that phone', () => {
  assert.equal(hostAnswers([row('after', 'refused')])[0]?.answer, 'untrusted');
  const elsewhere = { ...proof, device: '02:00:00:00:00:08' };
  assert.equal(
    hostAnswers([row('after', 'refused'), elsewhere]).find(({ app }) => app === 'plug')?.answer,
    'untrusted',
  );
});

test('an app that takes any certificate proves no authority', () => {
  const careless = { app: 'careless', host: 'a.example.net' };
  const rows = [row('before', 'accepted', careless), row('after', 'accepted', careless), row('after', 'refused')];
  const answers = Object.fromEntries(hostAnswers(rows).map(({ app, answer }) => [app, answer]));
  assert.deepEqual(answers, { careless: 'accepted', plug: 'untrusted' });
  assert.equal(hostAnswers(rows)[0]?.checks_certificate, false);
});

test('a server whose own certificate does not hold proves no authority either', () => {
  const unverified = row('after', 'accepted', { app: 'own', host: 'own.example.net', server_verified: false });
  assert.equal(hostAnswers([unverified, row('after', 'closed')]).at(-1)?.answer, 'untrusted');
});

test('connections that a browser opened in advance are no refusals where others spoke', () => {
  assert.equal(answerOf(row('after', 'accepted'), row('after', 'closed')), 'accepted');
  assert.equal(answerOf(row('after', 'accepted'), row('after', 'refused')), 'partly pinned');
});

test('what was only let through, or not reached, is not tested', () => {
  for (const outcome of ['passed', 'server', 'unreachable', 'not_tls', 'silent'] as const)
    assert.equal(answerOf(row('after', outcome)), 'untested');
});

test('an app with one host of each kind is partly pinned, and its rows stay apart', () => {
  const rows = [row('after', 'accepted'), row('after', 'refused', { host: 'pin.example.com' }), proof];
  const [, plug] = appAnswers(hostAnswers(rows));
  assert.deepEqual([plug?.answer, plug?.hosts, plug?.accepted, plug?.pinned], ['partly pinned', 2, 1, 1]);
});

test('an app that nobody named goes by the domain of its hosts', () => {
  const rows = [row('after', 'accepted', { app: '' }), row('after', 'accepted', { app: '', host: 'img.example.com' })];
  assert.deepEqual(
    appAnswers(hostAnswers(rows)).map(({ app, hosts }) => `${app} ${hosts}`),
    ['example.com 2'],
  );
});
