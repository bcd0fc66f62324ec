// What stands for the names and folders that the manuals use in their commands, by command: arguments that a bare name leaves out,
// what is arranged before, and what is expected.

import { copyFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DevicesResponse } from '../../appliance/publish/schemas/devices.ts';
import type { ReadersMachine } from './readers-machine.ts';

const USE_SECONDS = 10;
const RANGES = 4000;

type Words = Readonly<Record<string, string>>;

/** In every command. */
const everywhere = (machine: ReadersMachine): Words => ({
  '/var/lib/weir': machine.weir.data,
  '/mnt/card/weir': machine.weir.data,
  '.weir/data': machine.weir.data,
  '/media/stick/': `${machine.folder}/`,
  '50:c7:bf:00:00:01': machine.mac('kasa-plug'),
  'a4:50:46:00:00:01': machine.mac('phone'),
  'pi-1.local': `127.0.0.1:${machine.port}`,
  'pi-2.local:8443': machine.second.host,
});

/** The newest window of a kind, as `weir windows` names it. */
const WINDOW = picked('windows', `windows.findLast(({ kind, to }) => kind === 'tag' && to !== null).id`);

/** A word of the answer of another command, found by the shell. */
function picked(words: string, expression: string): string {
  const script = `const { ${expression.split(/\W/, 1)[0]} } = JSON.parse(require('fs').readFileSync(0)); ${expression}`;
  return `$(weir ${words} --json | node -p "${script.replaceAll('"', '\\"')}")`;
}

/** Of one command: other words in place of its own, or, where it is a bare name, further ones behind it. */
const OWN: Readonly<Record<string, (machine: ReadersMachine) => Words | string>> = {
  'weir help VERB': () => ({ VERB: 'verify' }),
  'weir completion': () => 'bash',
  'weir tag cancel': () => 'other',
  'weir tag add kettle_on --from 2026-11-20T12:00:00Z --to 2026-11-20T12:00:37Z': () => ({
    '2026-11-20T12:00:00Z': new Date(Date.now() - 8000).toISOString(),
    '2026-11-20T12:00:37Z': new Date(Date.now() - 4000).toISOString(),
  }),
  'weir figures FOLDER --window tag-217': ({ weir }) => ({ FOLDER: weir.data, 'tag-217': WINDOW }),
  'weir figures .weir/data --window ID': () => ({ ID: WINDOW }),
  'weir findings packet "ID"': () => ({ ID: picked('findings', 'findings[0].id') }),
  'weir campaign start FILE': () => ({ FILE: 'campaign.yaml' }),
  'weir diff A B': () => ({ ' A': ' before.pcap', ' B': ' after.pcap' }),
  'weir diff --device X idle intensive DIR': (machine) => ({ X: machine.mac('mijia-camera'), DIR: machine.weir.data }),
  'weir diff idle intensive FOLDER': ({ weir }) => ({ FOLDER: weir.data }),
  'weir analyze FILE': () => ({ FILE: 'home.pcap' }),
  'weir analyze FILE --vault vault.txt': () => ({ FILE: 'home.pcap' }),
  'weir analyze FILE --words words.txt': () => ({ FILE: 'home.pcap' }),
  'weir rules explain': () => 'home.pcap',
  'weir rules explain --all': () => 'home.pcap',
  'weir rules test FILE': () => ({ FILE: 'rules.yaml' }),
  'weir geo update': () => '--name second ranges.csv',
  'weir geo compare': () => 'home.pcap',
  'weir export zeek': () => 'home.pcap --out zeek',
  'weir export': () => 'bundle --reason manual',
  'curl --cacert weir.pem -H "Authorization: Bearer $TOKEN" https://weir-5eed.local:8080/metrics': ({ port }) => ({
    'https://weir-5eed.local:8080': `--resolve ${hostname()}.local:${port}:127.0.0.1 https://${hostname()}.local:${port}`,
  }),
  'weir mosquitto': () => 'broker',
  'weir ap render FOLDER': () => ({ FOLDER: 'rendered' }),
  'weir config show -c FILE': ({ weir }) => ({ FILE: weir.config }),
  'sudo weir config restore 20270301T081500123Z': () => ({
    '20270301T081500123Z': '$(weir config backups | head -n 1 | cut -d " " -f 1)',
  }),
  'weir pull --captures': ({ port }) => `--token-file tokens 127.0.0.1:${port} ARCHIVE`,
  'weir archive status': () => 'ARCHIVE',
  'weir archive compact': () => 'ARCHIVE',
  'weir verify ARCHIVE/sites/SITE': () => ({ SITE: '$(ls ARCHIVE/sites | head -n 1)' }),
  'weir verify DIR': ({ weir }) => ({ DIR: weir.data }),
  'weir verify --head': ({ weir }) =>
    `$(weir status --json | node -p "const { ledger: l } = JSON.parse(require('fs').readFileSync(0)).capture; l.lines + ':' + l.head_sha256") ${weir.data}`,
  'sudo weir forget a4:cf:12:00:00:01 --reason "withdrew from the study" --yes': (machine) => ({
    'a4:cf:12:00:00:01': machine.mac('scale'),
  }),
  'sudo weir restore FILE --set-aside': () => ({ FILE: 'open.backup' }),
  'weir replay DIR': ({ weir }) => ({ DIR: weir.data }),
};

/** The text of a command with what stands for its words. */
export function typed(command: string, machine: ReadersMachine): string {
  const own = OWN[command]?.(machine) ?? {};
  if (typeof own === 'string') return `${command} ${own}`;
  let text = command;
  for (const [word, instead] of Object.entries({ ...own, ...everywhere(machine) }))
    text = text.replaceAll(word, () => instead);
  return text;
}

/** What the text around a command says that one does first. */
export const BEFORE: Readonly<Record<string, (machine: ReadersMachine) => unknown>> = {
  'weir tag start lamp_on -d lamp': async (machine) => {
    await machine.weir.until('the name of the registry in the rows', 60, async () => {
      const { devices } = await machine.weir.get<DevicesResponse>('/api/v1/devices');
      return devices.some(({ name }) => name === 'lamp');
    });
    await machine.weir.home.intensive(USE_SECONDS);
  },
  'weir tag stop lamp_on': () => sleep(USE_SECONDS * 1000),
  'weir tag cancel': (machine) => machine.run('weir', 'tag', 'start', 'other'),
  'weir campaign start FILE': (machine) =>
    machine.until('the campaign before to be over', /ended|aborted/, ['campaign', 'status']),
  'weir campaign done': (machine) => machine.until('the first question', /Open the app/, ['campaign', 'status']),
  'weir diff A B': async (machine) => {
    await machine.run('weir', 'campaign', 'abort');
    await machine.run('weir', 'phase', 'idle');
    const [first = '', second = ''] = machine.captures();
    for (const [name, from] of Object.entries({ before: first, after: second, home: first, FILE: second }))
      copyFileSync(from, machine.at(`${name}.pcap`));
  },
  'weir analyze home.pcap --registry devices.csv --with phone.pcap --owner a4:50:46:00:00:01': async (machine) => {
    // Without link-layer headers, as an app on the phone writes.
    await machine.run('tshark', '-n', '-r', 'home.pcap', '-Y', 'ip', '-F', 'nsecpcap', '-w', 'ethernet.pcap');
    await machine.run('editcap', '-F', 'nsecpcap', '-C', '14', '-T', 'rawip', 'ethernet.pcap', 'phone.pcap');
  },
  'weir geo update': ({ at }) => {
    // A database with fewer ranges is taken for a damaged one.
    const rows = Array.from({ length: RANGES }, (_, i) => `47.${i >> 8}.${i & 255}.0,47.${i >> 8}.${i & 255}.255,SG\n`);
    writeFileSync(at('ranges.csv'), rows.join(''));
  },
  'curl --cacert weir.pem -H "Authorization: Bearer $TOKEN" https://weir-5eed.local:8080/metrics': (machine) => {
    machine.env['TOKEN'] = machine.tokenOf('weir token make prom --scope metrics --days 365');
  },
  'weir mosquitto': ({ at }) => mkdirSync(at('broker')),
  'sudo weir config apply new.yaml': ({ weir, at }) => copyFileSync(weir.config, at('new.yaml')),
  'weir pull --token-file tokens pi-1.local pi-2.local:8443 ARCHIVE': (machine) => {
    const own = machine.tokenOf('weir token make pull --scope summaries --scope captures --days 365');
    const lines = [`127.0.0.1:${machine.port} ${own}`, `${machine.second.host} ${machine.second.token}`];
    writeFileSync(machine.at('tokens'), `${lines.join('\n')}\n`, { mode: 0o600 });
  },
  'weir rebuild': ({ weir }) => weir.stop(),
  'sudo weir restore /media/stick/weir.backup --passphrase-file phrase.txt': ({ weir, at }) =>
    renameSync(weir.data, at('data-of-before')),
  'sudo weir restore FILE --set-aside': (machine) => machine.run('weir', 'backup', 'open.backup'),
  'sudo weir move /media/stick/weir.backup --passphrase-file phrase.txt': ({ at }) => rmSync(at('weir.backup')),
};

/** Other codes of exit than 0: there is no radio here, and the check-up warns; `install.sh --check` asks it where `weir` is. */
export const CODES: Readonly<Record<string, readonly number[]>> = {
  'weir doctor': [0, 1, 2],
  'weir doctor --json': [0, 1, 2],
  'weir ap check': [1],
  'weir ap render FOLDER': [1],
  'weir archive status': [1],
  'sh install.sh --check': [0, 1, 2],
};

/** Where success alone would say little. */
export const EXPECTED: Readonly<Record<string, RegExp>> = {
  'weir status': /capturing on br-weir/,
  'weir registry import devices.txt': /2 devices/,
  'weir tag stop lamp_on': /lamp_on: closed/,
  'weir figures FOLDER --window tag-217': /kettle_on/,
  'weir campaign start paper -d lamp': /_paper: started/,
  'weir diff before.pcap after.pcap': /^A {2}before\.pcap: /m,
  'weir diff idle intensive --live -d lamp': /^B {2}intensive: /m,
  'weir analyze home.pcap --registry devices.csv --with phone.pcap --owner a4:50:46:00:00:01':
    /on the phone .*app to cloud/,
  'curl --cacert weir.pem -H "Authorization: Bearer $TOKEN" https://weir-5eed.local:8080/metrics': /^weir_/m,
  'weir ap check': /wlan0 is no radio/,
  'weir ap render FOLDER': /wlan0 is no radio/,
  'weir config backups': /^\d{8}T\d{9}Z /m,
  'weir archive status': /capture down/,
  'weir archive rows ARCHIVE flow --format csv': /^site,/m,
  'weir archive load --schema --cluster homes': /create table/i,
};
