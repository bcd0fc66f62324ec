import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('../../../systemd', import.meta.url));
const units = readdirSync(FOLDER).filter((name) => name.endsWith('.service'));
const missing =
  spawnSync('systemd-analyze', ['--version']).error === undefined ? false : 'systemd-analyze is not installed';

/** Tenths of systemd's exposure level: 15 means 1.5. */
const WORST_EXPOSURE = '15';
/** The access point is root's: it makes the network, the rules and the settings that the others are kept from. */
const WORST_OF_ACCESS_POINT = '41';

/** The scanner sends raw IP into the captured network, which no other unit may. */
const WORST_OF_SCANNER = '16';
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'weir-ap.service': WORST_OF_ACCESS_POINT,
  'weir-scan@.service': WORST_OF_SCANNER,
};

for (const unit of units) {
  const worst = EXCEPTIONS[unit] ?? WORST_EXPOSURE;
  test(`${unit} is exposed by at most ${Number(worst) / 10} of 10`, { skip: missing }, () => {
    const path = join(FOLDER, unit);
    const answer = spawnSync(
      'systemd-analyze',
      ['security', '--offline=yes', `--threshold=${worst}`, '--no-pager', path],
      { encoding: 'utf8' },
    );
    assert.equal(answer.status, 0, answer.stdout.split('\n').slice(-3).join('\n') + answer.stderr);
  });
}

test('there is a unit for each process, and two for the moments in which root is needed', () => {
  assert.deepEqual(units.sort(), [
    'weir-action@.service',
    'weir-ap.service',
    'weir-capture.service',
    'weir-claimed.service',
    'weir-firstboot.service',
    'weir-scan@.service',
    'weir.service',
  ]);
});

test('removing the token runs what first boot runs, with the same limits', () => {
  const limits = (unit: string) =>
    readFileSync(join(FOLDER, unit), 'utf8')
      .split('[Service]\n')[1]
      ?.split('\n[Install]')[0]
      ?.split('\n')
      .filter((line) => line !== '' && line !== 'RemainAfterExit=yes');
  assert.deepEqual(limits('weir-claimed.service'), limits('weir-firstboot.service'));
});

test('the scanner is started by its socket, and may send into the captured network only', () => {
  const unit = readFileSync(join(FOLDER, 'weir-scan@.service'), 'utf8');
  const socket = readFileSync(join(FOLDER, 'weir-scan.socket'), 'utf8');
  assert.match(socket, /^Accept=yes$/m);
  assert.match(socket, /^SocketMode=0660$/m);
  for (const line of ['RestrictNetworkInterfaces=br-weir', 'IPAddressDeny=any', 'CapabilityBoundingSet=CAP_NET_RAW'])
    assert.ok(unit.includes(`\n${line}\n`), line);
});

test('systemd understands every directive of the scanner’s units', { skip: missing }, () => {
  const paths = ['weir-scan@.service', 'weir-scan.socket'].map((name) => join(FOLDER, name));
  const { stdout, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', ...paths], { encoding: 'utf8' });
  // The program is not installed where this runs; everything else that it says is a mistake.
  const said = `${stdout}${stderr}`
    .split('\n')
    .filter((line) => line.includes('weir-scan') && !/not executable|is not found/.test(line));
  assert.deepEqual(said, []);
});
