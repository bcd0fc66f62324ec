// The life of the second package next to the first one on a clean Debian 13: installed, started as its user, purged. The tests are in
// that order; each goes on where the one before stopped. proxy-amd64.test.ts names the processor.

import assert from 'node:assert/strict';
import { copyFileSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import { builtPackage, TREE } from './fixture.ts';
import { openRoot, type Root, withoutRoot } from './root.ts';

const UNITS = ['weir-proxy.service', 'weir-proxy-after-cut.service'];
const PROGRAM = '/usr/lib/weir-proxy/appliance/proxy/main.js';
const STATE = '/var/lib/weir-proxy';
const VERBS = 'start stop fence run status app round retest results har pcapng ca apk'.split(' ');
const DEVICE = '--device 02:00:00:00:00:07 --own-address 10.77.0.1';
/** As the unit starts it: the socket is opened by a program with one capability, the proxy has none. */
const AS_UNIT = `/usr/lib/weir-proxy/listen 8899 /usr/bin/setpriv --ambient-caps=-all /usr/bin/node ${PROGRAM} proxy run --fd @FD@ ${DEVICE}`;
/** Under qemu-user the socket's option IP_TRANSPARENT does not exist ("Protocol not available"). */
const EMULATED = `/usr/bin/setpriv --ambient-caps=-all /usr/bin/node ${PROGRAM} proxy run --listen 127.0.0.1:8899 ${DEVICE}`;

/** Starts it in a network of its own, as its user with its one capability; ends it when the authority is there, or when it died. */
const start = (command: string): string => `set -e
install -d -m 0700 -o weir-proxy -g weir-proxy ${STATE}; cd ${STATE}
unshare --net timeout 600 setpriv --reuid weir-proxy --regid weir-proxy --init-groups --no-new-privs \\
  --bounding-set -all,+net_admin --inh-caps -all,+net_admin --ambient-caps -all,+net_admin \\
  sh -c 'exec ${command}' >/srv/proxy.log 2>&1 & child=$!
while kill -0 $child 2>/dev/null; do grep -q 8899 /srv/proxy.log && break; sleep 0.2; done
kill $child 2>/dev/null || true; wait $child || true
cat /srv/proxy.log`;

export function testProxyPackage(architecture: 'amd64' | 'arm64'): void {
  const [weir, proxy] = [builtPackage(architecture), builtPackage('all')];
  const skip =
    weir === undefined || proxy === undefined
      ? 'the packages are not in dist/deb: make deb'
      : withoutRoot(architecture);
  let root: Root;

  before(() => {
    if (skip !== false || weir === undefined || proxy === undefined) return;
    root = openRoot(architecture);
    copyFileSync(weir, root.path('srv/weir.deb'));
    copyFileSync(proxy, root.path('srv/weir-proxy.deb'));
  });

  after(() => {
    if (skip === false) root.remove();
  });

  test(`apt installs the app proxy next to weir on ${architecture}, and starts nothing`, { skip }, () => {
    root.do('apt-get update -qq && apt-get install -y -qq --no-install-recommends /srv/weir.deb 2>&1');
    assert.match(root.ask('weir proxy --help').err, /the app proxy is not installed/);
    const before = packages(root);
    root.do('apt-get install -y -qq --no-install-recommends /srv/weir-proxy.deb 2>&1');
    const added = packages(root).filter((name) => !before.includes(name));
    assert.ok(added.includes('weir-proxy'), added.join(' '));
    assert.deepEqual(
      added.filter((name) => name.startsWith('node-')),
      [],
    );
    assert.equal(existsSync(root.path(`${STATE}/ca`)), false);
  });

  test('its files are the package’s, root’s, and nobody else can write them', { skip }, () => {
    assert.equal(root.do('dpkg -V weir weir-proxy'), '');
    const own = root.do('dpkg -L weir-proxy | grep weir').trim().split('\n');
    const found = root.do(
      `find ${own.join(' ')} -maxdepth 0 \\( -not -user root -o -not -group root -o -perm /022 \\)`,
    );
    assert.equal(found, '');
    assert.match(root.do('getent passwd weir-proxy'), /:\/var\/lib\/weir-proxy:\/usr\/sbin\/nologin$/m);
    assert.doesNotMatch(root.do('id -Gn weir-proxy'), /\bweir(-capture)?(?!-proxy)\b/);
  });

  test('its units are in order, and the proxy is off', { skip }, () => {
    const files = UNITS.map((name) => `/usr/lib/systemd/system/${name}`).join(' ');
    assert.equal(root.do(`systemd-analyze verify --man=no ${files} 2>&1`), '');
    const wanted = readdirSync(root.path('etc/systemd/system/multi-user.target.wants'));
    assert.deepEqual(
      wanted.filter((name) => name.startsWith('weir-proxy')),
      ['weir-proxy-after-cut.service'],
    );
  });

  test('weir proxy --help lists every verb', { skip }, () => {
    const help = root.do('weir proxy --help');
    for (const verb of VERBS) assert.match(help, new RegExp(`^  ${verb}\\b`, 'm'));
  });

  test('started as its unit starts it, it makes an authority whose key nobody else can read', { skip }, () => {
    const isEmulated = architecture === 'arm64' && process.arch !== 'arm64';
    const said = root.do(start(isEmulated ? EMULATED : AS_UNIT));
    assert.match(said, /the app proxy listens on port 8899/);
    assert.equal(root.do(`stat -c '%U %a' ${STATE}/ca/weir-proxy-ca.key`).trim(), 'weir-proxy 600', said);
    for (const user of ['weir', 'weir-capture', 'nobody'])
      assert.notEqual(root.ask(`setpriv --reuid ${user} --clear-groups cat ${STATE}/ca/weir-proxy-ca.key`).status, 0);
    assert.match(root.do(`weir proxy ca`), /BEGIN CERTIFICATE/);
  });

  test('a purge takes key and user, and leaves weir and what was recorded, as root’s', { skip }, () => {
    root.do(`install -D -m 0600 -o weir-proxy /dev/null ${STATE}/runs/one/connections.ndjson`);
    const said = root.do('apt-get purge -y -qq weir-proxy 2>&1');
    assert.match(said, /what apps said stays in \/var\/lib\/weir-proxy/);
    assert.equal(existsSync(root.path(`${STATE}/ca`)), false);
    assert.equal(root.do('grep -h weir-proxy /etc/passwd /etc/group /etc/shadow /etc/gshadow || true'), '');
    assert.equal(root.do(`find ${STATE} -not -user root`), '');
    const left = root.do(
      "find / \\( -path /proc -o -path /dev -o -path /srv -o -path /var/cache/apt \\) -prune -o -name '*weir-proxy*' -print",
    );
    assert.deepEqual(left.trim().split('\n'), [STATE]);
    assert.equal(root.do('dpkg -V weir'), '');
    assert.match(root.ask('weir proxy --help').err, /the app proxy is not installed/);
  });

  test('CONTRIBUTING names the size and the libraries of the app proxy as they are', { skip }, (t) => {
    const text = readFileSync(join(TREE, 'CONTRIBUTING.md'), 'utf8').replaceAll('\n', ' ');
    const [, libraries = '', packed = '', installed = ''] =
      /libraries above that it touches \(([^)]*)\)\. ([\d.]+) MiB packed, ([\d.]+) MiB installed/.exec(text) ?? [];
    const file = proxy ?? '';
    const mib = (bytes: number): string => (bytes / 1024 / 1024).toFixed(1);
    const kib = Number(root.do('dpkg-deb -f /srv/weir-proxy.deb Installed-Size'));
    t.diagnostic(`${basename(file)}: ${statSync(file).size} bytes, ${kib} KiB installed`);
    assert.deepEqual([packed, installed], [mib(statSync(file).size), mib(kib * 1024)]);
    const notices = root.do(
      'dpkg-deb --fsys-tarfile /srv/weir-proxy.deb | tar -xO ./usr/share/doc/weir-proxy/copyright',
    );
    const bundled = [...notices.matchAll(/^(\S+) \d+\.\d+\.\d+\S* \((.*)\)$/gm)];
    t.diagnostic(bundled.map(([line]) => line).join('; '));
    const names = bundled.map(([, name = '']) => name);
    assert.deepEqual(libraries.split(', ').sort(), [...names].sort());
    for (const [line, , licence] of bundled) assert.match(licence ?? '', /^\(?(MIT|ISC|BSD|Apache)/, line);
  });
}

function packages(root: Root): readonly string[] {
  return root.do("dpkg-query -W -f '${Package}\\n'").trim().split('\n');
}
