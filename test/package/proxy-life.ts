// The life of the second package, weir-proxy, next to the first: installed, its authority made, purged. Called by the tests of both
// architectures between an upgrade and a removal of weir.

import assert from 'node:assert/strict';
import { copyFileSync, existsSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { builtPackage } from './fixture.ts';
import type { Root } from './root.ts';

const PORT = 18_899;
const AS_PROXY = 'setpriv --reuid weir-proxy --regid weir-proxy --clear-groups';

/** Runs the proxy as its user until it has made its authority; answers what it printed. */
const RUN = `
install -d -m 0700 -o weir-proxy -g weir-proxy /var/lib/weir-proxy
cd /var/lib/weir-proxy
${AS_PROXY} weir proxy run --listen 127.0.0.1:${PORT} >/srv/proxy.log 2>&1 &
tries=0
until weir proxy ca >/srv/ca.pem 2>/srv/ca.txt; do
  tries=$((tries + 1)); [ $tries -lt 120 ] || { cat /srv/proxy.log /srv/ca.txt; exit 1; }
  sleep 1
done
pkill -INT -u weir-proxy node
wait
cat /srv/proxy.log`;

/** `root` is asked when the tests run: before that there is none. */
export function testProxyLife(root: () => Root, skip: string | false): void {
  const file = builtPackage('all');
  const without = skip === false && file === undefined ? 'there is no proxy package in dist/deb: make deb' : skip;

  test('the proxy’s package installs next to the first, which does not change', { skip: without }, (t) => {
    copyFileSync(file ?? '', root().path('srv/weir-proxy.deb'));
    assert.equal(root().ask('weir proxy --help').out, '', 'without the package there is nothing to ask');
    const size = (): string => root().do('du -sk /usr/lib/weir').trim();
    const before = size();
    const output = root().do('apt-get install -y -qq --no-install-recommends /srv/weir-proxy.deb 2>&1');
    assert.doesNotMatch(output, /weir[^\n]*(error|fail|not found)/i);
    assert.equal(size(), before);
    assert.equal(root().do('dpkg -V weir weir-proxy'), '');
    assert.match(root().do('weir proxy --help'), /pcapng/);
    t.diagnostic(`${basename(file ?? '')}: ${Math.ceil(statSync(file ?? '').size / 1024)} KiB`);
    t.diagnostic(`installed: ${root().do("dpkg-query -W -f '${Installed-Size}' weir-proxy")} KiB`);
  });

  test('it is off: no wish, no run at boot, and its units are well formed', { skip: without }, () => {
    assert.equal(existsSync(root().path('etc/weir-proxy/wish.env')), false);
    const wanted = root().do("find /etc/systemd/system -name '*weir-proxy*' -printf '%f '").trim();
    assert.equal(wanted, 'weir-proxy-after-cut.service');
    const units = '/usr/lib/systemd/system/weir-proxy*.service';
    assert.equal(root().do(`systemd-analyze verify --man=no ${units} 2>&1 || true`), '');
    assert.match(root().do('getent passwd weir-proxy'), /nologin/);
  });

  test('it runs as its own user and makes an authority that nobody else can read', { skip: without }, () => {
    const { err } = root().ask('weir proxy ca');
    assert.match(err, /there is no authority yet/);
    root().do(RUN);
    assert.match(root().do('cat /srv/ca.txt'), /^SHA-256 [0-9A-F:]{64,95}\s*$/im);
    assert.match(root().do('openssl x509 -in /srv/ca.pem -noout -subject'), /Weir/);
    assert.equal(root().do('find /var/lib/weir-proxy -not -user weir-proxy'), '');
    assert.equal(root().do('find /var/lib/weir-proxy/ca -type f -name "*key*" -not -perm 0600'), '');
    assert.notEqual(root().do('find /var/lib/weir-proxy/ca -type f -name "*key*"'), '');
    const asWeir = root().ask('setpriv --reuid weir --regid weir --init-groups ls /var/lib/weir-proxy/ca');
    assert.match(asWeir.err, /Permission denied/);
  });

  test('a purge takes the authority and the user, and leaves what was recorded as root’s', { skip: without }, () => {
    root().do('echo evidence >/var/lib/weir-proxy/runs/kept');
    const output = root().do('dpkg --purge weir-proxy 2>&1');
    assert.match(output, /what apps said stays in \/var\/lib\/weir-proxy/);
    assert.equal(existsSync(root().path('var/lib/weir-proxy/ca')), false);
    assert.equal(root().do('find /var/lib/weir-proxy -not -user root'), '');
    assert.ok(existsSync(root().path('var/lib/weir-proxy/runs/kept')));
    assert.equal(root().do('grep -h weir-proxy /etc/passwd /etc/group || true'), '');
    assert.equal(root().do("find /etc /usr /run -name '*weir-proxy*'"), '');
    assert.equal(root().do('dpkg -V weir'), '');
    root().do('rm -r /var/lib/weir-proxy');
  });
}
