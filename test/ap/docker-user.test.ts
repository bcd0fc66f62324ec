// What `weir ap` says in Docker's chain: with iptables itself, in a network namespace of the test's own.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { PROGRAM_PATH } from '../../appliance/ap/machine/machine.ts';

const MODULE = new URL('../../appliance/ap/machine/docker-user.js', import.meta.url).href;
const env = { ...process.env, PATH: PROGRAM_PATH, XTABLES_LOCKFILE: '/dev/null' };

/** Runs a line of shell, or of Node with the module's functions, as root of a network of its own. */
function inNamespace(script: string): { readonly status: number | null; readonly out: string; readonly error: string } {
  const { status, stdout, stderr } = spawnSync('unshare', ['-Urn', 'sh', '-ec', script], { encoding: 'utf8', env });
  return { status, out: stdout ?? '', error: stderr ?? '' };
}

const works = inNamespace(
  'iptables -w 5 -N DOCKER-USER && iptables -w 5 -A DOCKER-USER -m comment --comment x -j RETURN',
);
const skip =
  works.status === 0 ? false : `no iptables in a namespace of its own: ${works.error.trim().split('\n')[0] ?? ''}`;

const node = (code: string): string =>
  `"${process.execPath}" --input-type=module -e "const { acceptInDocker, removeFromDocker } = await import('${MODULE}'); ${code}"`;
const LIST = 'iptables -w 5 -S DOCKER-USER; echo .';
const FOREIGN = ['-A DOCKER-USER -s 192.0.2.0/24 -j DROP', '-A DOCKER-USER -i br-weir -j ACCEPT'];
const MAKE = `iptables -w 5 -N DOCKER-USER; ${FOREIGN.map((rule) => `iptables -w 5 ${rule}`).join('; ')}`;

/** What each listing said, without what iptables makes itself and quotes. */
function listings(out: string): string[][] {
  const texts = out.replaceAll('"', '').split('.\n').slice(0, -1);
  return texts.map((text) => text.split('\n').filter((line) => line.startsWith('-A')));
}

test('both ways are accepted first, once however often it starts, and taken back without touching what is others’', {
  skip,
}, () => {
  const { status, out, error } = inNamespace(
    [
      MAKE,
      node("await acceptInDocker('br-weir'); await acceptInDocker('br-weir')"),
      LIST,
      node('await removeFromDocker(); await removeFromDocker()'),
      LIST,
    ].join('\n'),
  );
  assert.equal(status, 0, error);
  const ours = (way: string) => `-A DOCKER-USER ${way} br-weir -m comment --comment weir-ap -j ACCEPT`;
  assert.deepEqual(listings(out), [[ours('-o'), ours('-i'), ...FOREIGN], FOREIGN]);
});

test('where Docker has no chain nothing is made', { skip }, () => {
  const code = "await acceptInDocker('br-weir'); await removeFromDocker()";
  const { status, out, error } = inNamespace(`${node(code)}\niptables -w 5 -S`);
  assert.equal(status, 0, error);
  assert.doesNotMatch(out, /DOCKER|weir/);
});
