// The image on two boards, from its first boot: the access point takes a station, capture records it, the page is claimed, the
// power goes in the middle, and it comes back with its evidence intact. systemd is PID 1 here, so the units prove themselves.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Board, freePort } from './board.ts';
import { builtImage, Card } from './card.ts';
import { skip } from './skip.ts';

const SETTINGS = 'http: {host: 0.0.0.0}\nap: {enabled: true, country: GB}\n';
/** Written between the two boots: what was in force has to stay so, and the mistake to be reported. */
const MISTAKEN = 'http: {host: 0.0.0.0}\nap:\n  contry: GB\n';
// The certificate is the machine's own; `fetch` takes no other word for it.
process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';

const PASSWORD = 'for the test only';
/** Of a two-core machine that does other things as well, under TCG: udev alone took minutes there. An idle one is done in one. */
const BOOT_SECONDS = 900;
const STEP_SECONDS = 600;
/** A password's hash alone takes most of a minute there. */
const ANSWER_MS = 300_000;
/** What must differ between machines, and stay on one. */
const IDENTITY = ['id', 'hostname', 'machine-id', 'signing-key', 'passphrase', 'ssh-key'] as const;
const IMAGE_BYTES_OF_DATA = 256 * 1024 * 1024;

const identityOf = (board: Board) => IDENTITY.map((name) => board.said.get(name));

interface Status {
  readonly appliance: { readonly id: string };
  readonly capture: { readonly state: string } | null;
}

describe('the image boots', { skip }, () => {
  const image = builtImage() ?? '';
  const cards: Card[] = [];
  const insert = (): Card => {
    const card = Card.make(image);
    card.writeBootFile('weir.yaml', SETTINGS);
    cards.push(card);
    return card;
  };
  after(() => cards.forEach((card) => card.remove()));

  let first: Board;
  let again: Board;
  let token = '';
  let page = '';
  let card: Card;

  const ask = (path: string, init: RequestInit = {}) =>
    fetch(`${page}${path}`, { ...init, signal: AbortSignal.timeout(ANSWER_MS) });
  const post = (path: string, body: object) =>
    ask(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

  /** Asked until it is as wanted, or time is up. */
  const statusWith = async (cookie: string, isWanted: (status: Status) => boolean): Promise<Status> => {
    const end = performance.now() + STEP_SECONDS * 1000;
    for (;;) {
      const status = (await (await ask('/api/v1/status', { headers: { cookie } })).json()) as Status;
      if (isWanted(status) || performance.now() > end) return status;
      await pause(2000);
    }
  };

  before(async () => {
    card = insert();
    const port = await freePort();
    page = `https://127.0.0.1:${port}`;
    first = Board.virt('first', card, 'weir.selftest=first', port);
    await first.hears('capture', BOOT_SECONDS);
  });
  after(async () => {
    await first?.pullThePlug();
    await again?.pullThePlug();
  });

  test('under systemd, with settings from the card and the evidence on a file system of its own', async () => {
    await first.hears('boot-files', STEP_SECONDS);
    assert.equal(first.said.get('pid1'), 'systemd');
    assert.equal(first.said.get('firstboot'), 'success');
    assert.ok(
      Math.abs(Number(first.said.get('clock')) - Date.now() / 1000) < 180,
      'this board has a clock: it is believed',
    );
    assert.equal(first.said.get('owners'), 'weir-capture weir-capture weir root');
    assert.match(first.said.get('mount') ?? '', /^ext4 rw,nosuid,nodev,noexec,noatime,errors=remount-ro/);
    const files = 'weir-access.txt weir-status.txt weir-wifi-qr.svg weir-wifi.txt weir.yaml';
    assert.equal(first.said.get('boot-files'), files);
  });

  test('grows the evidence to the end of the card', () => {
    assert.ok(Number(first.said.get('data-bytes')) > 4 * IMAGE_BYTES_OF_DATA, first.said.get('data-bytes'));
  });

  test('shows the claim token on the console', () => {
    token = first.line(/Claim token: +([2-9a-z-]+)/)?.[1] ?? '';
    assert.match(token, /^([2-9a-km-np-z]{5}-){4}[2-9a-km-np-z]{5}$/);
  });

  test('lets a station join, gives it a lease and records it', async () => {
    assert.equal(await first.hears('ap-up', STEP_SECONDS), 'ok', first.said.get('ap'));
    assert.match(await first.hears('lease', STEP_SECONDS), /^10\.77\.0\.\d+$/);
    assert.equal(await first.hears('station-recorded', STEP_SECONDS), 'ok');
  });

  test('answers nothing but the claim, and the token sets the password once', async () => {
    assert.equal(await first.hears('page', STEP_SECONDS), 'ok');
    assert.equal((await ask('/api/v1/status')).status, 403);
    assert.equal((await post('/api/v1/claim', { token: 'wrong', password: PASSWORD })).status, 401);
    const answer = await post('/api/v1/claim', { token, password: PASSWORD });
    assert.equal(answer.status, 200, await answer.text());
    const cookie = (answer.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? '';
    const { appliance } = await statusWith(cookie, () => true);
    assert.equal(appliance.id, first.said.get('id'));
    // The self-test stops capture meanwhile, to see it come back.
    const { capture } = await statusWith(cookie, (status) => status.capture?.state === 'capturing');
    assert.equal(capture?.state, 'capturing');
  });

  test('ends a capture that hangs by its watchdog and starts it again', async () => {
    assert.equal(await first.hears('watchdog-weir-capture.service', STEP_SECONDS), 'ok');
    assert.match(await first.hears('watchdog-said-weir-capture.service', STEP_SECONDS), /[Ww]atchdog timeout/);
  });

  test('starts its units in order and has none that failed', async () => {
    await first.hears('ready', STEP_SECONDS);
    assert.equal(first.said.get('failed-units'), '');
    assert.equal(first.said.get('system'), 'running');
    const at = (unit: string) => Number(/^(\d+)$/.exec(startOf(first, unit))?.[1] ?? Number.NaN);
    assert.ok(at('weir-firstboot') < at('weir-ap'), 'first boot, then the access point');
    assert.ok(at('weir-firstboot') < at('weir'), 'first boot, then the appliance');
  });

  test('comes back after a power cut with the same identity, records again, and its evidence verifies', async () => {
    await first.pullThePlug();
    card.writeBootFile('weir.yaml', MISTAKEN);
    again = Board.virt('again', card, 'weir.selftest=again', await freePort());
    await again.hears('end', 2 * BOOT_SECONDS);
    await again.ends(STEP_SECONDS);
    assert.deepEqual(identityOf(again), identityOf(first));
    assert.equal(again.said.get('station-recorded'), 'ok');
    assert.match(again.said.get('verify') ?? '', /^verified: .* 0 problems/);
    assert.equal(again.said.get('system'), 'running');
  });

  test('reports a mistake that was made on the card meanwhile, and goes on with the settings from before', () => {
    assert.match(card.bootFile('weir-status.txt') ?? '', /weir\.yaml:3: ap\.contry: unknown setting/);
    assert.ok(again.line(/not used: weir\.yaml:3: ap\.contry/), 'on the console');
    assert.equal(again.said.get('ap-up'), 'ok');
  });

  test('has removed the token from card and console once it was used', () => {
    assert.equal(again.said.get('boot-files'), 'weir-status.txt weir-wifi-qr.svg weir-wifi.txt weir.yaml');
    assert.equal(card.bootFile('weir-access.txt'), undefined);
    assert.equal(again.line(/Claim token/), undefined);
  });

  test('on a Pi 3 without a clock: records the station and the step of the clock, and differs from the other in everything', async () => {
    const other = insert();
    const now = Math.floor(Date.now() / 1000) + 90 * 86_400;
    const pi = Board.pi3('pi3', other, `weir.selftest=clock weir.now=${now}`);
    try {
      await pi.hears('end', 2 * BOOT_SECONDS);
      await pi.ends(STEP_SECONDS);
    } finally {
      await pi.pullThePlug();
    }
    assert.equal(pi.said.get('model'), 'Raspberry Pi 3 Model B');
    assert.equal(pi.said.get('pid1'), 'systemd');
    assert.equal(pi.said.get('station-recorded'), 'ok');
    const step = Number(pi.said.get('stepped'));
    assert.ok(step > 80 * 86_400, 'it could not have known the time');
    assert.ok(Math.abs(Number(pi.said.get('ledger-step')) - step) < 10, pi.said.get('ledger-step'));
    assert.match(pi.said.get('verify') ?? '', /^verified: /);
    const same = IDENTITY.filter((name) => pi.said.get(name) === first.said.get(name));
    assert.deepEqual(same, []);
    assert.ok(IDENTITY.every((name) => pi.said.get(name) !== ''));
    assert.match(other.bootFile('weir-access.txt') ?? '', /Claim token: +\S{29}/);
  });
});

function startOf(board: Board, unit: string): string {
  return board.line(new RegExp(`SELFTEST started ${unit} (\\d+)`))?.[1] ?? '';
}
