import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import fs from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { WeirError } from '../../appliance/model/errors.ts';
import type { Ran, RunProgram } from '../../appliance/provision/update/run-program.ts';
import { update } from '../../appliance/provision/update/update.ts';
import { temporaryFolder } from '../capture/fixture.ts';

const RELEASE = generateKeyPairSync('ed25519');
const SOMEBODY = generateKeyPairSync('ed25519');

interface Packed {
  readonly name?: string;
  readonly version: string;
  readonly architecture?: string;
  /** The program in it does not start. */
  readonly broken?: boolean;
  /** apt refuses it before it changes anything. */
  readonly unmet?: boolean;
}

/** dpkg, apt and Weir of a machine without systemd, as far as an update asks them; a package is a JSON text. */
class Machine {
  readonly installed: Map<string, Packed>;
  readonly calls: string[] = [];
  altered = '';
  /** Services that systemd calls active; those of a broken package are not. */
  units: readonly string[] = [];

  constructor(...installed: readonly Packed[]) {
    this.installed = new Map(installed.map((one) => [one.name ?? 'weir', one]));
  }

  readonly run: RunProgram = async (program, ...words) => {
    this.calls.push([program, ...words].join(' '));
    return this.#answer(program, words);
  };

  #answer(program: string, words: readonly string[]): Ran {
    const [verb, second = ''] = words;
    const last = words.at(-1) ?? '';
    if (program === '/usr/bin/weir') return this.#weir();
    if (program === 'systemctl') return ended(this.units.includes(last) ? 0 : 3);
    if (verb === '--print-architecture') return ended(0, 'arm64\n');
    if (verb === '--compare-versions') return ended(Number(second) < Number(last) ? 0 : 1);
    if (verb === '--verify') return ended(this.altered === '' ? 0 : 1, this.altered);
    if (verb === '--show') return this.#show(last);
    if (verb === '--status') return ended(0, `Package: ${last}\nStatus: install ok installed\nVersion: 1\n`);
    if (verb === '--listfiles' || verb === '--control-list') return ended(0, '');
    if (verb === '--field') return field(second);
    if (verb === '--build') throw new TypeError('options come first');
    if (program === 'dpkg-deb') return this.#build(last);
    if (verb === '--install') return this.#install(words.slice(1));
    if (program === 'apt-get') return this.#install(words.filter((word) => word.endsWith('.deb')));
    throw new TypeError(`${program} ${words.join(' ')}`);
  }

  #weir(): Ran {
    const weir = this.installed.get('weir');
    return weir?.broken === true ? ended(1, '', 'Error: cannot find it\n') : ended(0, `${weir?.version}\n`);
  }

  #show(name: string): Ran {
    const found = this.installed.get(name);
    return found === undefined ? ended(1, '', 'no packages found') : ended(0, `ii |${found.version}`);
  }

  #build(file: string): Ran {
    const name = path.basename(file).split('_')[0] ?? '';
    fs.writeFileSync(file, JSON.stringify(this.installed.get(name)));
    return ended(0);
  }

  #install(files: readonly string[]): Ran {
    const packages = files.map((file) => JSON.parse(fs.readFileSync(file, 'utf8')) as Packed);
    if (packages.some(({ unmet }) => unmet)) return ended(100, '', 'E: Unable to correct problems\n');
    for (const one of packages) this.installed.set(one.name ?? 'weir', one);
    return ended(0);
  }
}

const ended = (status: number, out = '', err = ''): Ran => ({ status, out, err });

function field(file: string): Ran {
  const text = fs.readFileSync(file, 'utf8');
  if (!text.startsWith('{')) return ended(2, '', `dpkg-deb: error: '${file}' is not a Debian format archive`);
  const { name = 'weir', version, architecture = 'arm64' } = JSON.parse(text) as Packed;
  return ended(0, `Package: ${name}\nVersion: ${version}\nArchitecture: ${architecture}\n`);
}

interface Changes {
  readonly mayBeOlder?: boolean;
  readonly keyFile?: string;
  /** The version that both processes say. */
  readonly answer?: () => Promise<string>;
}

class Bench {
  readonly folder: string;
  readonly said: string[] = [];
  readonly #keyFile: string;

  constructor(t: TestContext) {
    this.folder = temporaryFolder(t);
    this.#keyFile = path.join(this.folder, 'release.pem');
    fs.writeFileSync(this.#keyFile, RELEASE.publicKey.export({ type: 'spki', format: 'pem' }));
  }

  signed(packed: Packed | string, key = RELEASE.privateKey): string {
    const file = path.join(this.folder, `${fs.readdirSync(this.folder).length}.deb`);
    fs.writeFileSync(file, typeof packed === 'string' ? packed : JSON.stringify(packed));
    fs.writeFileSync(`${file}.sig`, sign(null, fs.readFileSync(file), key));
    return file;
  }

  update(machine: Machine, sources: readonly string[], changes: Changes = {}) {
    const folder = path.join(this.folder, 'cache');
    const { answer = () => Promise.reject(new Error('nobody asks')), ...wish } = changes;
    return update(
      { sources, keyFile: this.#keyFile, folder, mayBeOlder: false, ...wish },
      {
        run: machine.run,
        say: (line) => this.said.push(line),
        answers: { capture: answer, appliance: answer },
        patience: { withinMs: 0, holdMs: 0, pauseMs: 1 },
      },
    );
  }

  /** Nothing but the one to go back to waits on the card. */
  left(): string[] {
    return fs.readdirSync(path.join(this.folder, 'cache'));
  }
}

/** The words of a refusal that left everything as it was. */
async function refusal(
  bench: Bench,
  machine: Machine,
  sources: readonly string[],
  changes: Changes = {},
): Promise<string> {
  const before = new Map(machine.installed);
  const asked = machine.calls.length;
  const thrown: unknown = await bench.update(machine, sources, changes).then(
    () => 'it was taken',
    (error: unknown) => error,
  );
  assert.ok(thrown instanceof WeirError && thrown.code === 'UPDATE_REFUSED', String(thrown));
  assert.doesNotMatch(thrown.message, /\n/);
  assert.match(thrown.message, /nothing was changed/);
  assert.deepEqual(machine.installed, before);
  const began = machine.calls.slice(asked).some((call) => /^(apt-get|dpkg --install)/.test(call));
  assert.ok(!began || thrown.message.includes('apt-get'));
  return thrown.message;
}

test('a signed package takes the place of the installed one, which is kept to go back to', async (t) => {
  const bench = new Bench(t);
  const machine = new Machine({ version: '1' });
  const { from, to, previous } = await bench.update(machine, [bench.signed({ version: '2' })]);
  assert.deepEqual([from, to, machine.installed.get('weir')?.version], ['1', '2', '2']);
  assert.deepEqual(
    previous.map((file) => path.basename(file)),
    ['weir_1.deb'],
  );
  assert.equal((JSON.parse(fs.readFileSync(previous[0] ?? '', 'utf8')) as Packed).version, '1');
  assert.deepEqual(bench.left(), ['previous']);
});

test('what is not signed by the release key is refused before dpkg sees it', async (t) => {
  const bench = new Bench(t);
  const machine = new Machine({ version: '1' });
  const altered = bench.signed({ version: '2' });
  fs.appendFileSync(altered, ' ');
  const unsigned = bench.signed({ version: '3' });
  fs.rmSync(`${unsigned}.sig`);
  const short = bench.signed({ version: '4' });
  fs.truncateSync(`${short}.sig`, 63);
  assert.match(await refusal(bench, machine, [altered]), /signature is not of the release key/);
  assert.match(
    await refusal(bench, machine, [bench.signed({ version: '5' }, SOMEBODY.privateKey)]),
    /not of the release key/,
  );
  assert.match(await refusal(bench, machine, [short]), /not of the release key/);
  assert.match(await refusal(bench, machine, [unsigned]), /it is not signed/);
  assert.match(await refusal(bench, machine, ['/nonexistent.deb']), /there is no such file/);
  assert.match(await refusal(bench, machine, [bench.folder]), /no plain file/);
  assert.deepEqual(machine.calls, []);
  const keyFile = path.join(bench.folder, 'rsa.pem');
  assert.match(await refusal(bench, machine, [altered], { keyFile }), /no such file, so no package can be checked/);
  fs.writeFileSync(
    keyFile,
    generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ type: 'spki', format: 'pem' }),
  );
  assert.match(await refusal(bench, machine, [altered], { keyFile }), /a key of rsa, not of Ed25519/);
});

test('a signed package that is none, of something else, of another processor or older is refused', async (t) => {
  const bench = new Bench(t);
  const machine = new Machine({ version: '2' });
  const refused = (packed: Packed | string) => refusal(bench, machine, [bench.signed(packed)]);
  assert.match(await refused('nonsense'), /no Debian package/);
  assert.match(await refused({ name: 'hostapd', version: '3' }), /package of hostapd, not of weir/);
  assert.match(await refused({ name: 'weir-proxy', version: '3' }), /weir-proxy is not installed here/);
  assert.match(await refused({ version: '3', architecture: 'amd64' }), /for amd64, this machine is arm64/);
  assert.match(await refused({ version: '1' }), /1 is older than 2.*--downgrade/);
  assert.match(await refused({ version: '3', unmet: true }), /apt-get could not install it: E: Unable/);
  const { to } = await bench.update(machine, [bench.signed({ version: '1' })], { mayBeOlder: true });
  assert.equal(to, '1');
});

test('the same version again is nothing to do', async (t) => {
  const bench = new Bench(t);
  const machine = new Machine({ version: '2' });
  const { previous } = await bench.update(machine, [bench.signed({ version: '2' })]);
  assert.deepEqual(previous, []);
  assert.ok(!machine.calls.some((call) => call.startsWith('apt-get')));
});

test('one that does not come up is taken back, and the error says so in a line', async (t) => {
  const bench = new Bench(t);
  const machine = new Machine({ version: '1' });
  const failed = bench.update(machine, [bench.signed({ version: '2', broken: true })]);
  await assert.rejects(failed, {
    code: 'UPDATE_FAILED',
    message:
      /^weir 2 did not come up \(the program does not start: Error: cannot find it\); 1 is installed again and runs\./,
  });
  assert.equal(machine.installed.get('weir')?.version, '1');
});

test('services that ran before have to run and answer with the new version', async (t) => {
  const bench = new Bench(t);
  const machine = new Machine({ version: '1' });
  machine.units = ['weir-capture.service', 'weir.service'];
  const now = async () => machine.installed.get('weir')?.version ?? '';
  const { units } = await bench.update(machine, [bench.signed({ version: '2' })], { answer: now });
  assert.deepEqual(units, machine.units);
  const stale = bench.update(machine, [bench.signed({ version: '3' })], { answer: async () => '2' });
  await assert.rejects(stale, {
    code: 'UPDATE_FAILED',
    message: /weir-capture\.service answers 2\); 2 is installed again/,
  });
});

test('where the one of before does not come back either, its package is named', async (t) => {
  const bench = new Bench(t);
  const machine = new Machine({ version: '1', broken: true });
  const failed = bench.update(machine, [bench.signed({ version: '2', broken: true })]);
  await assert.rejects(failed, { code: 'UPDATE_FAILED', message: /1 did not come back either.*previous\/weir_1\.deb/ });
});

test('installed files that somebody changed could not be gone back to: refused', async (t) => {
  const bench = new Bench(t);
  const machine = new Machine({ version: '1' });
  machine.altered = 'missing     /usr/share/doc/weir/README.md\n';
  await bench.update(machine, [bench.signed({ version: '2' })]);
  machine.altered += '??5??????   /usr/lib/weir/appliance/cli/main.js\n';
  assert.match(await refusal(bench, machine, [bench.signed({ version: '3' })]), /main\.js.*go back/);
});

test('the app proxy goes with the same version only: both packages or neither', async (t) => {
  const bench = new Bench(t);
  const machine = new Machine({ version: '1' }, { name: 'weir-proxy', version: '1' });
  const weir = bench.signed({ version: '2' });
  assert.match(await refusal(bench, machine, [weir]), /weir-proxy is installed too.*weir-proxy_2_all\.deb/);
  const proxy = bench.signed({ name: 'weir-proxy', version: '2', architecture: 'all' });
  const { previous } = await bench.update(machine, [weir, proxy]);
  assert.equal(previous.length, 2);
  assert.deepEqual(
    [...machine.installed.values()].map(({ version }) => version),
    ['2', '2'],
  );
});

test('package and signature come over HTTP too, bounded; a server that refuses is named', async (t) => {
  const bench = new Bench(t);
  const machine = new Machine({ version: '1' });
  const file = bench.signed({ version: '2' });
  const served = new Map([
    ['/weir.deb?x=1', fs.readFileSync(file)],
    ['/weir.deb.sig?x=1', fs.readFileSync(`${file}.sig`)],
    ['/long.deb', fs.readFileSync(file)],
    ['/long.deb.sig', Buffer.alloc(100_000)],
  ]);
  const server = createServer((asked, answer) => {
    const body = served.get(asked.url ?? '');
    // In pieces, so that no length is announced.
    answer.writeHead(body === undefined ? 404 : 200);
    answer.write(body?.subarray(0, 10) ?? '');
    answer.end(body?.subarray(10));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const address = server.address();
  const at = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  assert.match(await refusal(bench, machine, [`${at}/other.deb`]), /the server answered 404/);
  assert.match(await refusal(bench, machine, [`${at}/long.deb`]), /not signed.*longer than 64 bytes/);
  assert.equal((await bench.update(machine, [`${at}/weir.deb?x=1`])).to, '2');
});

test('openssl signs and checks the same signatures', {
  skip: spawnSync('openssl', ['version']).status === 0 ? false : 'openssl is not installed',
}, async (t) => {
  const bench = new Bench(t);
  const file = bench.signed({ version: '2' });
  const secret = path.join(bench.folder, 'release-private.pem');
  fs.writeFileSync(secret, RELEASE.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const openssl = (...words: string[]) => spawnSync('openssl', ['pkeyutl', '-rawin', ...words], { encoding: 'utf8' });
  const key = path.join(bench.folder, 'release.pem');
  assert.equal(openssl('-verify', '-pubin', '-inkey', key, '-in', file, '-sigfile', `${file}.sig`).status, 0);
  assert.equal(openssl('-sign', '-inkey', secret, '-in', file, '-out', `${file}.sig`).status, 0);
  assert.equal((await bench.update(new Machine({ version: '1' }), [file])).to, '2');
});
