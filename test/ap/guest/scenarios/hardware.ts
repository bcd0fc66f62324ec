// The hardware checklist with a person at the terminal, who joins two devices, lets one ping the other and download: what it
// measures is what they did, and the report says so.

import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { HardwareReport, StepResult } from '../../../../appliance/health/doctor/hardware/report.ts';
import { AccessPoint, PASSPHRASE, SSID, settings } from '../access-point.ts';
import { CONFIG_FILE, type Guest } from '../guest.ts';
import { Home, INTERNET_IP } from '../home.ts';
import { Radios, type Station } from '../radios.ts';

const MAIN = fileURLToPath(new URL('../../../../appliance/cli/main.js', import.meta.url));
const REPORTS = '/run/hardware';
/** Twice as long as it takes on a calm machine, which is mostly listening and measuring. */
const SECONDS = 300;
const DOWNLOAD_BYTES = 200_000;

/** Where the person presses Enter, in this order: once both devices are counted, and at the two prompts of each further step. */
const PROMPTS = ['Enter begins', '2 devices', 'Enter begins', 'you are there', 'Enter begins', 'you are there'];

export async function hardware(guest: Guest): Promise<void> {
  new Home(guest).start();
  const [one, two] = new Radios(guest).load(2);
  if (one === undefined || two === undefined) throw new Error('two stations are needed');
  const point = new AccessPoint(guest);
  if (!guest.check('the access point is up', await point.start(settings()), point.said())) return;
  for (const station of [one, two]) await station.connect({ ssid: SSID, passphrase: PASSPHRASE }, 40);
  for (const station of [one, two]) station.lease();
  use(guest, one, two);
  const said = await answer(guest);
  const report = newestReport();
  guest.check('the checklist comes to its end and leaves a report', report !== undefined, said);
  if (report !== undefined) judge(guest, report);
}

/** One pings the other and downloads, all the time. */
function use(guest: Guest, one: Station, two: Station): void {
  one.start('ping', `busybox ping ${two.address()}`);
  guest.must(`head -c ${DOWNLOAD_BYTES} /dev/zero >/run/www/large`);
  guest.write(
    '/run/download',
    `#!/bin/bash\nwhile :; do busybox wget -q -O /dev/null http://${INTERNET_IP}/large || sleep 1; done\n`,
  );
  one.start('download', 'bash /run/download');
}

/** Types Enter where the checklist waits for it; resolves with all that was said. `script` makes the terminal. */
function answer(guest: Guest): Promise<string> {
  const line = `${process.execPath} ${MAIN} doctor --hardware --load-seconds 1 --report ${REPORTS} -c ${CONFIG_FILE}`;
  const child = spawn('script', ['-qfec', line, '/dev/null'], { stdio: ['pipe', 'pipe', 'ignore'] });
  const timer = setTimeout(() => child.kill('SIGKILL'), SECONDS * 1000);
  guest.atEnd(() => child.kill('SIGKILL'));
  let text = '';
  let heard = 0;
  let next = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    const prompt = PROMPTS[next];
    const at = prompt === undefined ? -1 : text.indexOf(prompt, heard);
    if (prompt === undefined || at < 0) return;
    heard = at + prompt.length;
    next++;
    child.stdin.write('\n');
  });
  return new Promise((resolve) => {
    child.on('close', () => {
      clearTimeout(timer);
      resolve(text);
    });
  });
}

function newestReport(): HardwareReport | undefined {
  try {
    const name = readdirSync(REPORTS).find((one) => one.endsWith('.json'));
    return JSON.parse(readFileSync(`${REPORTS}/${name}`, 'utf8')) as HardwareReport;
  } catch {
    return undefined;
  }
}

function judge(guest: Guest, { steps }: HardwareReport): void {
  const step = (id: string): StepResult | undefined => steps.find((one) => one.id === id);
  const reported = (id: string) => JSON.stringify(step(id));
  guest.check('it counted both devices', step('stations')?.figures['most_stations'] === 2, reported('stations'));
  const local = step('local-traffic');
  const seen = Number(local?.figures['echo_requests_seen']);
  guest.check(
    'it saw each ping between them once',
    local?.state === 'passed' && seen > 10 && local.figures['different'] === seen,
    reported('local-traffic'),
  );
  const down = Number(step('throughput')?.figures['down_mbit_s']);
  guest.check('it measured the download', down > 0, reported('throughput'));
  guest.check('the firmware lived through it', step('firmware')?.state === 'passed', reported('firmware'));
  const failed = steps.filter(({ state, text }) => state === 'failed' && text.startsWith('it could not be done'));
  guest.check('no step broke', failed.length === 0, JSON.stringify(failed));
}
