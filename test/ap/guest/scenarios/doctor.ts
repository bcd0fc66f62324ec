// The doctor on a machine with an access point that works: it finds nothing, and each fault that is then made is named by
// exactly the check that is about it.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { collectSettings } from '../../../../appliance/health/doctor/collect/settings.ts';
import { collectFacts } from '../../../../appliance/health/doctor/collect.ts';
import { type Host, systemHost } from '../../../../appliance/health/doctor/host.ts';
import { type CheckResult, type DoctorReport, makeReport } from '../../../../appliance/health/doctor/report.ts';
import { AccessPoint, settings } from '../access-point.ts';
import { CONFIG_FILE, type Guest } from '../guest.ts';
import { Home, MANAGEMENT, ROUTER_IP } from '../home.ts';
import { Radios } from '../radios.ts';

/** There is no time service in the guest: a warning that is true. */
const ALWAYS_TRUE = ['clock'];
const OTHER_CONFIG = '/etc/weir/other.yaml';

interface Fault {
  readonly what: string;
  readonly make: (guest: Guest) => unknown;
  /** Restored before the next one. */
  readonly mend: (guest: Guest) => unknown;
  readonly check: string;
  /** Named as well, because it follows. */
  readonly follows?: readonly string[];
  /** Where the settings of this fault are; the usual ones otherwise. */
  readonly config?: string;
}

/** Shell lines, one each way. */
const shell = (make: string, mend: string) => ({
  make: (guest: Guest) => guest.must(make),
  mend: (guest: Guest) => guest.must(mend),
});

/** Other settings; the access point goes on with its own. */
const configured = (more: readonly string[], other = '') => ({
  config: OTHER_CONFIG,
  make: (guest: Guest) => guest.write(OTHER_CONFIG, settings(more, other)),
  mend: () => undefined,
});

const elsewhere = (dir: string) => ({
  config: OTHER_CONFIG,
  make: (guest: Guest) => guest.write(OTHER_CONFIG, settings().replace('/var/lib/weir}', `${dir}}`)),
  mend: () => undefined,
});

/** A program in a place of its own, known by the name of its file. */
const impostor = (name: string, words = '') => ({
  make: (guest: Guest) => {
    guest.write(`/run/fake/${name}`, '#!/bin/bash\nwhile sleep 0.2; do :; done\n');
    guest.must(`chmod 755 /run/fake/${name}; /run/fake/${name} ${words} >/dev/null 2>&1 & echo $! >/run/fake/pid`);
  },
  mend: (guest: Guest) => guest.must('kill $(cat /run/fake/pid)'),
});

let socket: ReturnType<typeof createSocket> | undefined;
const listener = (port: number) => ({
  make: async () => {
    socket = createSocket({ type: 'udp4', reuseAddr: true }).bind(port, '0.0.0.0');
    await once(socket, 'listening');
  },
  mend: () => socket?.close(),
});

const NMCLI = "#!/bin/sh\nprintf 'eth0:connected\\nwlan0:disconnected\\n'\n";

const SUPERVISOR = `$(grep -o '"pid": *[0-9]*' /run/weir-ap/status.json | grep -o '[0-9]*')`;
const HOLD = `kill -STOP ${SUPERVISOR}`;
const LET_GO = `kill -CONT ${SUPERVISOR}`;

/** What changes the access point itself comes last: its supervisor sees to it that it comes back. */
const FAULTS: readonly Fault[] = [
  {
    what: 'a channel shared with radar',
    ...configured(["band: '5'", 'channel: 52']),
    check: 'dfs-channel',
    follows: ['settings'],
  },
  { what: 'no country in the settings', ...configured(['country: ""']), check: 'country', follows: ['settings'] },
  { what: 'a radio that is not there', ...configured(['interface: wlan7']), check: 'radio', follows: [] },
  { what: 'a broker that is away', ...configured([], 'mqtt: {url: "mqtt://127.0.0.1:1999"}\n'), check: 'broker' },
  { what: 'a data folder on a read-only file system', ...elsewhere('/mnt/readonly'), check: 'read-only' },
  { what: 'a data folder on a small card', ...elsewhere('/mnt/small'), check: 'card-size' },
  { what: 'a program on port 53', ...listener(53), check: 'port-53' },
  { what: 'a program on port 67', ...listener(67), check: 'port-67' },
  {
    what: 'another network on the same addresses',
    ...shell(`ip addr add 10.77.0.200/24 dev ${MANAGEMENT}`, `ip addr del 10.77.0.200/24 dev ${MANAGEMENT}`),
    check: 'address-clash',
  },
  {
    what: 'hostapd that is not installed',
    ...shell(
      'mount --bind /dev/null $(readlink -f $(command -v hostapd))',
      'umount $(readlink -f $(command -v hostapd))',
    ),
    check: 'programs',
  },
  { what: 'the world as country', ...shell('iw reg set 00', 'iw reg set GB'), check: 'country' },
  { what: 'wpa_supplicant on the radio', ...impostor('wpa_supplicant', '-B -i wlan0'), check: 'wpa-supplicant' },
  {
    what: 'NetworkManager on the radio',
    make: (guest) => {
      impostor('NetworkManager').make(guest);
      guest.write('/usr/local/sbin/nmcli', NMCLI);
      guest.must('chmod 755 /usr/local/sbin/nmcli');
    },
    mend: (guest) => guest.must('rm /usr/local/sbin/nmcli; kill $(cat /run/fake/pid)'),
    check: 'network-manager',
  },
  {
    what: "Debian's own hostapd.service",
    ...shell('rm /etc/systemd/system/hostapd.service', 'ln -s /dev/null /etc/systemd/system/hostapd.service'),
    check: 'packaged-units',
  },
  {
    what: 'a machine without an id',
    ...shell(': >/run/machine-id', 'echo 5f2d4c1f9a9b4b3e8a0f9a7a2a0d1c3b >/run/machine-id'),
    check: 'identity',
  },
  {
    what: 'a passphrase for everybody',
    ...shell('chmod 644 /etc/weir/ap.passphrase', 'chmod 600 /etc/weir/ap.passphrase'),
    check: 'passphrase',
  },
  {
    what: 'no forwarding',
    ...shell('sysctl -qw net.ipv4.conf.br-weir.forwarding=0', 'sysctl -qw net.ipv4.conf.br-weir.forwarding=1'),
    check: 'forwarding',
  },
  {
    what: 'the wall to the appliance taken away',
    ...shell(
      'nft list table inet weir >/run/rules && nft flush chain inet weir input',
      'nft delete table inet weir; nft -f /run/rules',
    ),
    check: 'firewall',
  },
  { what: 'all rules taken away', ...shell('nft delete table inet weir', 'nft -f /run/rules'), check: 'firewall' },
  {
    what: 'a chain of others that lets nothing through, as Docker makes it',
    ...shell(
      "nft add table ip filter && nft 'add chain ip filter FORWARD { type filter hook forward priority 0; policy drop; }'",
      'nft delete table ip filter',
    ),
    check: 'foreign-rules',
  },
  {
    what: 'no default route',
    ...shell('ip route del default', `ip route add default via ${ROUTER_IP}`),
    check: 'uplink',
  },
  {
    what: 'hairpin off',
    // The supervisor sets it again within two seconds: it is held meanwhile.
    ...shell(`${HOLD} && bridge link set dev wlan0 hairpin off`, `bridge link set dev wlan0 hairpin on; ${LET_GO}`),
    check: 'hairpin',
  },
  {
    what: 'the radio out of the bridge',
    ...shell('ip link set wlan0 nomaster', 'ip link set wlan0 master br-weir; bridge link set dev wlan0 hairpin on'),
    check: 'bridge-port',
    follows: ['access-point'],
  },
  {
    what: 'a blocked radio',
    ...shell('rfkill block wifi', 'rfkill unblock wifi'),
    check: 'rfkill',
    follows: ['access-point', 'bridge-port', 'hairpin', 'ap-address', 'firewall'],
  },
];

export async function doctor(guest: Guest): Promise<void> {
  prepare(guest);
  new Home(guest).start();
  new Radios(guest).load(0);
  const point = new AccessPoint(guest);
  guest.configure(settings());
  const daemons = { capture: guest.weir(['capture']), appliance: guest.weir(['appliance']) };
  const isUp = await point.start(settings());
  if (!guest.check('the access point is up', isUp, point.said())) return;
  // An emulated machine next to others takes minutes to start the appliance.
  await guest.until(isComplete, 300);
  checkHealthy(guest, await look());
  for (const fault of FAULTS) await tryFault(guest, point, fault);
  await checkNode(guest);
  for (const [name, running] of Object.entries(daemons)) {
    await running.stop('SIGKILL');
    judge(guest, await look(), `a dead ${name}`, name, name === 'capture' ? [] : ['capture']);
  }
  checkHealed(guest, point);
}

/** What would be true of the host on which this guest hangs, and is not what is meant here. */
function prepare(guest: Guest): void {
  guest.must('mkdir -p /mnt/readonly /mnt/small /run/fake');
  guest.must('mount -t tmpfs -o size=16G tmpfs /var/lib/weir');
  guest.must('mount -t tmpfs -o ro,size=16G tmpfs /mnt/readonly');
  guest.must('mount -t tmpfs -o size=64M tmpfs /mnt/small');
  guest.must('echo 5f2d4c1f9a9b4b3e8a0f9a7a2a0d1c3b >/run/machine-id && touch /etc/machine-id');
  guest.must('mount --bind /run/machine-id /etc/machine-id');
  const wants = '/etc/systemd/system/multi-user.target.wants';
  guest.must(`mkdir -p ${wants}; ln -sf /lib/systemd/system/hostapd.service ${wants}/hostapd.service`);
  for (const unit of ['hostapd', 'dnsmasq']) guest.must(`ln -sf /dev/null /etc/systemd/system/${unit}.service`);
  guest.atEnd(() => guest.sh('umount /etc/machine-id /mnt/readonly /mnt/small; umount /var/lib/weir'));
}

async function isComplete(): Promise<boolean> {
  const { services } = await facts(CONFIG_FILE);
  return services.capture.status?.state === 'capturing' && services.applianceAnswers;
}

/**
 * What no fault here changes is asked once: starting a program costs a good part of a second in an emulated machine. The speed
 * of the card is not measured: it would be that of the host.
 */
const LASTING = /^(iw phy|iw dev|dmesg|getcap|vcgencmd|chronyc|timedatectl)/;
const answers = new Map<string, ReturnType<Host['run']>>();
const host: Host = {
  ...systemHost,
  run: (program, args) => {
    const line = [program, ...args].join(' ');
    const known = answers.get(line);
    if (known !== undefined) return known;
    const answer = systemHost.run(program, args);
    if (LASTING.test(line)) answers.set(line, answer);
    return answer;
  },
};

const facts = (config: string) => collectFacts(collectSettings(config), { measuresCard: false }, host);

async function look(config = CONFIG_FILE): Promise<DoctorReport> {
  return makeReport(await facts(config), 'test');
}

const wrongIn = ({ checks }: DoctorReport): readonly CheckResult[] =>
  checks.filter(({ verdict, id }) => (verdict === 'fail' || verdict === 'warn') && !ALWAYS_TRUE.includes(id));

const reported = (checks: readonly CheckResult[]) =>
  checks.map(({ id, verdict, seen }) => `${verdict} ${id}: ${seen}`).join('; ');

function checkHealthy(guest: Guest, report: DoctorReport): void {
  const wrong = wrongIn(report);
  guest.check('on a healthy machine nothing is called wrong', wrong.length === 0, reported(wrong));
  const unknown = report.checks.filter(({ verdict }) => verdict === 'unknown').filter(({ id }) => id !== 'card-speed');
  guest.check('as root everything can be reported', unknown.length === 0, reported(unknown));
  const cli = guest.weirSync(['doctor', '--json']);
  guest.check(
    'the command says the same, and leaves with 1 for the one warning',
    cli.code === 1 && cli.out.includes('"weir.doctor/1"'),
    wrongInText(cli.out),
  );
}

/** What a report in JSON calls wrong: the whole is too long for a line of a result. */
function wrongInText(text: string): string {
  if (!text.startsWith('{')) return text;
  const { checks } = JSON.parse(text) as DoctorReport;
  return reported(checks.filter(({ verdict }) => verdict === 'fail' || verdict === 'warn'));
}

async function tryFault(guest: Guest, point: AccessPoint, fault: Fault): Promise<void> {
  await fault.make(guest);
  const report = await look(fault.config);
  await fault.mend(guest);
  judge(guest, report, fault.what, fault.check, fault.follows ?? []);
  if (point.status()?.state !== 'up') await point.until(({ state }) => state === 'up', 60);
}

/** Exactly the one check, and nothing that does not follow from it. */
function judge(guest: Guest, report: DoctorReport, what: string, check: string, follows: readonly string[]): void {
  const wrong = wrongIn(report);
  const named = wrong.find(({ id }) => id === check);
  const others = wrong.filter(({ id }) => id !== check && !follows.includes(id));
  guest.check(`${what} is named by ${check}, with a fix`, named !== undefined && named.fix !== '', reported(wrong));
  guest.check(`… and nothing else is called wrong because of ${what}`, others.length === 0, reported(others));
}

/** The card is measured here, and is the host's memory. The units start /usr/bin/node; the one that asks is moved out of the way of the old one that takes its place. */
async function checkNode(guest: Guest): Promise<void> {
  guest.write('/run/fake/node', '#!/bin/sh\necho v18.19.0\n');
  guest.must(`chmod 755 /run/fake/node; touch /run/fake/new-node; mount --bind ${process.execPath} /run/fake/new-node`);
  guest.must('touch /usr/bin/node; mount --bind /run/fake/node /usr/bin/node');
  const main = new URL('../../../../appliance/cli/main.js', import.meta.url).pathname;
  const { out } = guest.sh(`/run/fake/new-node ${main} doctor --json --config ${CONFIG_FILE}`);
  guest.must('umount /usr/bin/node; umount /run/fake/new-node');
  judge(guest, JSON.parse(out) as DoctorReport, 'a Node of before', 'node', ['card-speed']);
}

function checkHealed(guest: Guest, point: AccessPoint): void {
  guest.check('after all of it the access point is up', point.status()?.state === 'up', point.said());
}
