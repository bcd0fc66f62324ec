// What each verb is asked in verb-answers.test.ts, and what its answer has: words for people, keys of the JSON for programs.

import path from 'node:path';
import { listKept } from '../../appliance/config/kept-settings.ts';
import type { CaptureDouble } from '../publish/capture-double.ts';

export interface Place {
  readonly folder: string;
  readonly host: string;
  readonly capture: CaptureDouble;
}

export interface Row {
  readonly verb: string;
  /** `round`: 0 for people, 1 for programs; writers name another file. */
  readonly words: (place: Place, round: number) => readonly string[];
  readonly people: RegExp;
  /** Null: its answer is a format of its own. */
  readonly machine: readonly string[] | null;
}

const FINDING = 'CRED-05 b8:27:eb:00:00:01 UDP port 5000 password';

/** What is written with `-o` lies in the folder, too. */
const file =
  (name: string, ...more: readonly string[]) =>
  ({ folder }: Place) => [
    path.join(folder, name),
    ...more.map((word, i) => (more[i - 1] === '-o' ? path.join(folder, word) : word)),
  ];
/** Settings that were replaced, newest first. */
const kept = ({ folder }: Place): string => listKept(path.join(folder, 'still.yaml'))[0]?.name ?? '';
const asked =
  (...words: readonly string[]) =>
  ({ folder }: Place) => [...words, '--config', path.join(folder, 'weir.yaml')];
/** Of a double, which takes every order. */
const obeyed =
  (...words: readonly string[]) =>
  ({ folder }: Place) => [...words, '--config', path.join(folder, 'obeying.yaml')];
const still =
  (...words: readonly string[]) =>
  ({ folder }: Place) => [...words, '--config', path.join(folder, 'still.yaml')];

/** Shown by a test of their own: they run on, need the machine itself or a server. */
export const ELSEWHERE: Readonly<Record<string, string>> = {
  capture: 'capture/main.test.ts',
  appliance: 'integration/kill.test.ts',
  shell: 'reproduce/shell.test.ts',
  'ap run': 'ap/guest/access-point.ts',
  'ap stop': 'ap/guest/access-point.ts',
  'ap status': 'ap/guest/access-point.ts',
  // Both need a radio: their refusals there, the files themselves in ap/render.test.ts.
  'ap check': 'cli/every-verb.test.ts',
  'ap render': 'cli/every-verb.test.ts',
  proxy: 'proxy/proxy.test.ts',
  provision: 'provision/provision.test.ts',
  update: 'provision/update.test.ts',
  forget: 'cli/forget.test.ts',
  scan: 'experiment/scan/scans.test.ts',
  'findings packet': 'publish/packets.test.ts',
  restore: 'provision/backup.test.ts',
  move: 'provision/backup.test.ts',
  'export zeek': 'reproduce/zeek.test.ts',
  'scan-worker': 'experiment/scan/scan-bed.ts',
  'run-action': 'experiment/campaign/action.test.ts',
  analyze: 'cli/analyze.test.ts',
  replay: 'cli/replay.test.ts',
  completion: 'cli/completion.test.ts',
  'archive load': 'pull/clickhouse.test.ts',
  'archive rows': 'pull/rows.test.ts',
  'measured-analysis': 'reproduce/figure-6.test.ts',
};

export const ROWS: readonly Row[] = [
  {
    verb: 'status',
    words: asked(),
    people: /^appliance +weir-[\s\S]*\ncapture +capturing/,
    machine: ['capture', 'analysis', 'warnings'],
  },
  { verb: 'devices', words: asked(), people: /\nMAC +name +vendor/, machine: ['devices', 'age_seconds'] },
  {
    verb: 'devices confirm',
    words: asked('b827eb000001', '--name', 'lamp'),
    people: /^b827eb000001: confirmed; the ledger/,
    machine: ['device', 'name'],
  },
  {
    verb: 'registry import',
    words: (here) => [...file('registry.txt')(here), ...asked()(here)],
    people: /: 1 devices, 1 with something new/,
    machine: ['file', 'devices', 'written'],
  },
  {
    verb: 'registry set',
    words: asked('b827eb000001', '--model', 'X1'),
    people: /^b8:27:eb:00:00:01: said; the ledger/,
    machine: ['device', 'model'],
  },
  { verb: 'registry show', words: asked(), people: /^nothing was said yet$/m, machine: ['devices'] },
  { verb: 'registry export', words: asked('-'), people: /^mac,name,/, machine: null },
  { verb: 'flows', words: asked(), people: /^device +country +sent[\s\S]*\nall /, machine: ['groups', 'by'] },
  { verb: 'findings', words: asked(), people: /^high +CRED-05[\s\S]* to do: /, machine: ['findings'] },
  {
    verb: 'findings set-aside',
    words: asked(FINDING, '--reason', 'a test'),
    people: /: set aside$/m,
    machine: ['id', 'state', 'reason'],
  },
  {
    verb: 'destinations',
    words: asked(),
    people: /^destination +address[\s\S]*93\.184\.216\.34/,
    machine: ['destinations'],
  },
  { verb: 'ports', words: asked(), people: /^port +service[\s\S]*udp 5000/, machine: ['ports'] },
  {
    verb: 'sessions',
    words: asked('-d', 'b827eb000001'),
    people: /^from +to [\s\S]*cleartext/,
    machine: ['conversations', 'revision'],
  },
  { verb: 'captures', words: asked('--limit', '1'), people: /closed[\s\S]*more are older/, machine: ['segments'] },
  { verb: 'scan list', words: asked(), people: /^nothing was scanned yet$/m, machine: ['scans'] },
  { verb: 'scan table', words: asked(), people: /^nothing was scanned yet$/m, machine: ['rows'] },
  { verb: 'tag start', words: asked('open_lan'), people: /^open_lan: open$/m, machine: ['tag', 'state'] },
  { verb: 'tag stop', words: asked('open_lan'), people: /^open_lan: closed$/m, machine: ['tag', 'state'] },
  { verb: 'tag cancel', words: asked('open_lan'), people: /^open_lan: taken back/, machine: ['tag', 'state'] },
  { verb: 'tag list', words: asked(), people: /^no tag is open$/m, machine: ['tags'] },
  {
    verb: 'tag add',
    words: asked('late', '--from', '1795176000', '--to', '1795176300'),
    people: /^late: marked; the ledger/,
    machine: ['tag', 'window'],
  },
  { verb: 'tag remove', words: obeyed('tag-217'), people: /^tag-217: taken back/, machine: ['window', 'state'] },
  {
    verb: 'windows',
    words: asked(),
    people: /^window +name +from[\s\S]*phase-2 +idle/,
    machine: ['windows', 'left_out'],
  },
  {
    verb: 'token make',
    words: (here, round) => asked(`t${round}`, '--scope', 'summaries')(here),
    people: /^([a-z0-9]{5}-){7}[a-z0-9]{5}$/m,
    machine: ['name', 'token', 'scopes'],
  },
  { verb: 'token list', words: asked(), people: /^name +scopes[\s\S]*t0 +summaries/, machine: ['tokens'] },
  {
    verb: 'token revoke',
    words: (here, round) => asked(`t${round}`)(here),
    people: /^t0: revoked$/m,
    machine: ['name', 'state'],
  },
  { verb: 'phase', words: asked('idle'), people: /^phase idle, interaction none$/m, machine: ['phase', 'interaction'] },
  {
    verb: 'pause',
    words: asked('--note', 'cabling'),
    people: /^paused: nothing is captured/,
    machine: ['state', 'note'],
  },
  { verb: 'resume', words: asked(), people: /^capturing again$/m, machine: ['state'] },
  { verb: 'annotate', words: asked('lamp moved'), people: /^noted in the ledger$/m, machine: ['noted'] },
  {
    verb: 'campaign check',
    words: () => ['moniotr'],
    people: /15 recordings[\s\S]*No mistakes\.$/m,
    machine: ['plan', 'mistakes'],
  },
  {
    verb: 'campaign list',
    words: asked(),
    people: /^name +from[\s\S]*moniotr_idle +comes with Weir/,
    machine: ['campaigns'],
  },
  { verb: 'campaign start', words: obeyed('moniotr'), people: /^moniotr-1: started$/m, machine: ['run', 'state'] },
  { verb: 'campaign status', words: asked(), people: /^no campaign was started yet$/m, machine: ['campaign'] },
  { verb: 'campaign done', words: obeyed(), people: /^confirmed$/m, machine: ['state'] },
  { verb: 'campaign skip', words: obeyed(), people: /^left$/m, machine: ['state'] },
  { verb: 'campaign abort', words: obeyed(), people: /^aborted$/m, machine: ['state'] },
  { verb: 'scan show', words: obeyed('s1'), people: /^tcp +open +22$/m, machine: ['scan', 'diff', 'vulnerable'] },
  { verb: 'scan stop', words: obeyed('s1'), people: /^s1: ended; what it found/, machine: ['run'] },
  { verb: 'notify test', words: asked(), people: /^No channel is set\./, machine: ['channels'] },
  { verb: 'cert', words: asked(), people: /^-----BEGIN CERTIFICATE-----/, machine: ['pem', 'key_sha256'] },
  {
    verb: 'mosquitto',
    words: (here) => [here.folder, ...asked()(here)],
    people: /weir\.acl were written\. Now:/,
    machine: ['configuration', 'acl', 'users'],
  },
  {
    verb: 'diff',
    words: ({ folder }) => [path.join(folder, 'home.pcap'), path.join(folder, 'other.pcap')],
    people: /^A .*home\.pcap[\s\S]*\nAll together, per hour/,
    machine: ['a', 'b'],
  },
  {
    verb: 'report',
    words: file('home.pcap', '-o', 'report.html'),
    people: /report\.html: [\d.]+ kB$/m,
    machine: ['file', 'bytes', 'device'],
  },
  {
    verb: 'reproduce paper',
    words: file('home.pcap', '--no-measure', '-o', 'paper'),
    people: /report\.html and \d+ further files/,
    machine: ['folder', 'packets', 'files'],
  },
  {
    verb: 'reproduce amar',
    words: file('home.pcap', '-o', 'amar'),
    people: /report\.html and \d+ further files/,
    machine: ['folder', 'packets', 'files'],
  },
  {
    verb: 'reproduce iotshark',
    words: file('home.pcap', '-o', 'iotshark'),
    people: /3 devices in \d+ files/,
    machine: ['folder', 'devices', 'files'],
  },
  {
    verb: 'ent',
    words: file('home.pcap'),
    people: /^proto +from +to +bytes +entropy/,
    machine: ['entropy', 'chi_square'],
  },
  {
    verb: 'packet',
    words: file('home.pcap', '1'),
    people: /^packet 1, [\s\S]*Ethernet/,
    machine: ['packet', 'layers'],
  },
  { verb: 'verify', words: file('data'), people: /^key +[0-9a-f]{64}/m, machine: ['ok', 'head', 'files'] },
  {
    verb: 'figures',
    words: file('data', '--from', '1795176000', '--to', '1795176300'),
    people: /^packets +15$/m,
    machine: ['window', 'totals', 'coverage'],
  },
  {
    verb: 'export',
    words: ({ folder }, round) => [path.join(folder, `bundle${round}`), '--config', path.join(folder, 'still.yaml')],
    people: /: 2 segments; `weir verify/,
    machine: ['folder', 'files', 'custody'],
  },
  { verb: 'rebuild', words: still(), people: /rebuilt from 2 segments$/m, machine: ['folder', 'segments'] },
  { verb: 'geo lookup', words: () => ['8.8.8.8'], people: /AS15169 +Google LLC/, machine: ['addresses'] },
  { verb: 'geo compare', words: file('home.pcap'), people: /^country +built-in/, machine: ['databases', 'countries'] },
  { verb: 'geo check', words: file('home.pcap', '--home', 'GB'), people: /^address +country +provider/, machine: [] },
  {
    verb: 'geo update',
    words: (here) => [...file('ranges.csv')(here), ...still('--date', '2026-11-20')(here)],
    people: /: 5000 ranges of [a-z]+, data of 2026-11-20/,
    machine: ['target', 'ranges', 'sha256'],
  },
  { verb: 'rules list', words: () => [], people: /rules for \d+ platforms/, machine: ['rules', 'sha256'] },
  {
    verb: 'rules test',
    words: file('rules.yaml'),
    people: /^\d+ rules are right about/m,
    machine: ['rules', 'mistakes'],
  },
  {
    verb: 'rules explain',
    words: file('home.pcap', '--all'),
    people: /^02:00:00:00:00:11$/m,
    machine: ['device', 'rule', 'decided'],
  },
  { verb: 'doctor', words: still(), people: /\bok\b|warn|fail/i, machine: ['schema'] },
  {
    verb: 'config show',
    words: still(),
    people: /^# .*still\.yaml, sha256 [0-9a-f]{64}\n/,
    machine: ['path', 'sha256', 'settings'],
  },
  { verb: 'config reference', words: () => [], people: /^# Configuration\n/, machine: ['properties'] },
  { verb: 'config get', words: still('retention'), people: /^idle: /m, machine: ['idle'] },
  {
    verb: 'config set',
    words: (here, round) => still('http.port', `${8081 + round}`)(here),
    people: /: in force; the old settings are kept as /,
    machine: ['file', 'kept', 'restart'],
  },
  { verb: 'config backups', words: still(), people: /^\S+ +\d+ bytes$/m, machine: ['backups'] },
  {
    verb: 'config apply',
    words: (here) => [...file('weir.yaml')(here), ...still()(here)],
    people: /in force|nothing new/,
    machine: ['file', 'kept', 'restart'],
  },
  {
    verb: 'config restore',
    words: (here) => still(kept(here))(here),
    people: /in force|nothing new/,
    machine: ['file', 'kept', 'restart'],
  },
  {
    verb: 'backup',
    words: (here, round) => [path.join(here.folder, `backup${round}`), ...still()(here)],
    people: /^ledger up to line \d+/m,
    machine: ['file', 'key', 'ledger', 'encrypted'],
  },
  {
    verb: 'pull',
    words: ({ host, folder }) => [host, path.join(folder, 'archive'), '--token-file', path.join(folder, 'token')],
    people: /ledger lines, \d+ sidecars/,
    machine: ['host', 'pulled', 'error'],
  },
  { verb: 'archive status', words: file('archive'), people: /^site +appliance +host/, machine: ['sites'] },
  { verb: 'archive compact', words: file('archive'), people: /^\d+ joined files written$/m, machine: ['files'] },
  {
    verb: 'archive timestamp',
    words: file('empty', '--authority', 'http://127.0.0.1:9/'),
    people: /^there is no appliance in the archive$/m,
    machine: ['sites'],
  },
  {
    verb: 'archive hold',
    words: file('archive', '--reason', 'case 4711'),
    people: /^held since .*: case 4711$/m,
    machine: ['held', 'since', 'reason'],
  },
  { verb: 'archive release', words: file('archive'), people: /^released; /, machine: ['held', 'was_held'] },
];
