// Weir's own processes, the access point as its supervisor reports it, and the broker.

import { type Check, fail, known, notApplicable, ofAccessPoint, ok, warn } from '../outcome.ts';

const FILE_MODE = 0o777;
const SECRET_MODE = 0o600;

const accessPoint: Check = {
  id: 'access-point',
  area: 'services',
  title: 'The access point is up',
  means: 'No device can join.',
  fix: 'systemctl restart weir-ap; `weir ap check` and `journalctl -u weir-ap` show more.',
  look: ofAccessPoint(({ services: { ap } }) => {
    if (ap.status === null) return fail(ap.reason, { fix: 'systemctl enable --now weir-ap' });
    const { state, ssid, reason, channel, stations, last_trouble: problem } = ap.status;
    if (ap.reason !== '') return fail(ap.reason);
    if (state === 'up') return ok(`${ssid}, channel ${channel}, ${stations.length} devices`);
    const why = reason || problem?.text || '';
    const summary = `${state}${why === '' ? '' : `: ${why}`}`;
    return state === 'starting' || state === 'repairing'
      ? warn(summary, { fix: 'Wait half a minute and look again.' })
      : fail(summary);
  }),
};

const passphrase: Check = {
  id: 'passphrase',
  area: 'services',
  title: 'The passphrase of the Wi-Fi is readable by root only',
  means: 'Anyone who can read it can join as a device.',
  fix: 'chmod 600 the file that ap.passphrase_file names.',
  look: ofAccessPoint(({ services: { passphraseMode: mode }, settings: { config } }) => {
    const file = config.ap.passphrase_file;
    if (mode === null) return ok(`${file} is made at the first start, or only root may look`);
    const bits = (mode & FILE_MODE).toString(8);
    const open = (mode & FILE_MODE & ~SECRET_MODE) !== 0;
    return open ? warn(`${file} has mode ${bits}`, { fix: `chmod 600 ${file}` }) : ok(`mode ${bits}`);
  }),
};

const leases: Check = {
  id: 'leases',
  area: 'services',
  title: 'There are addresses left for devices',
  means: 'New devices get no address. A device that invents others uses them up.',
  fix: 'Give known devices a place in ap.reservations, or set ap.address to a larger network, as 10.77.0.1/22.',
  look: ofAccessPoint(({ services: { ap } }) => {
    if (ap.status === null) return notApplicable('the access point does not run');
    const { used, pool } = ap.status.leases;
    const { dhcp_exhausted: refused } = ap.status.counters;
    const summary = `${used} of ${pool} in use`;
    return pool > 0 && used >= pool ? fail(`${summary}, ${refused} requests refused`) : ok(summary);
  }),
};

const captureRuns: Check = {
  id: 'capture',
  area: 'services',
  title: 'Capture runs and records',
  means: 'What devices say now is not recorded. The gap will be in the ledger.',
  fix: 'systemctl restart weir-capture (or: weir capture -c FILE); `journalctl -u weir-capture` shows more.',
  look: ({ services: { capture, hasRun } }) => {
    if (capture.status === null)
      return hasRun ? fail(capture.reason) : notApplicable('it was never started on this data folder');
    const { state, interface: name, reason, counters } = capture.status;
    if (state === 'capturing') return ok(`${counters.captured.toLocaleString('en-GB')} packets from ${name}`);
    const summary = reason === '' ? `${state} (${name})` : reason;
    return state === 'starting' || state === 'paused' ? warn(summary) : fail(summary);
  },
};

const losses: Check = {
  id: 'capture-losses',
  area: 'services',
  title: 'No packet was lost',
  means: 'The record has holes; how many packets, and where, is in the ledger and next to each result.',
  fix: 'Raise capture.ring_kib (losses in the kernel) or use a faster card (losses at the disk); see heat and card-speed.',
  look: ({ services: { capture } }) => {
    if (capture.status === null) return notApplicable('capture does not run');
    const { dropped_kernel, lost_pipe, lost_queue, lost_disk } = capture.status.counters;
    const parts = [
      ['in the kernel', dropped_kernel ?? 0],
      ['with the engine', lost_pipe ?? 0],
      ['for want of memory', lost_queue],
      ['for want of a working disk', lost_disk],
    ] as const;
    const lost = parts.filter(([, count]) => count > 0);
    const unknownToEngine = dropped_kernel === null ? ' (losses in the kernel are unknown to this engine)' : '';
    if (lost.length > 0)
      return warn(lost.map(([where, count]) => `${count.toLocaleString('en-GB')} ${where}`).join(', '));
    return ok(`none since it started${unknownToEngine}`);
  },
};

const selfTest: Check = {
  id: 'capture-self-test',
  area: 'services',
  title: 'Frames that capture sends itself arrive',
  means: 'A known frame was sent and not captured, so others may be missing too.',
  fix: 'Look at capture.filter and capture.interface: is it the bridge that devices are behind?',
  look: ({ services: { capture } }) => {
    const canary = capture.status?.canary;
    if (canary === undefined || canary.state === 'off')
      return notApplicable('it is switched off, or capture does not run');
    if (canary.state === 'lost') return fail(canary.reason || `${canary.seen} of ${canary.sent} arrived`);
    if (canary.state === 'unavailable') return notApplicable(canary.reason || 'not available here');
    return ok(`${canary.seen} of ${canary.sent} arrived`);
  },
};

const capturePermission: Check = {
  id: 'capture-permission',
  area: 'services',
  title: 'Capture may open the packet socket',
  means: 'Capture ends at its start with CAPTURE_PERMISSION.',
  fix: 'Start it by its unit (systemctl start weir-capture), as root, or: setcap cap_net_raw+ep $(command -v tcpdump)',
  look: ({ services: { mayCapture, capture }, settings: { config } }) => {
    if (config.capture.engine === 'file') return notApplicable('a file is replayed (capture.engine)');
    if (capture.status !== null && capture.status.state !== 'starting') return ok('it runs');
    return known(mayCapture, (may) => (may ? ok('yes') : fail('this user may not, and there is no unit for it')));
  },
};

const appliance: Check = {
  id: 'appliance',
  area: 'services',
  title: 'Page and analysis run',
  means: 'Nothing is shown or published. Captures go on, and are analysed later.',
  fix: 'systemctl restart weir (or: weir appliance -c FILE); `journalctl -u weir` shows more.',
  look: ({ services: { applianceAnswers, hasRun }, processes }) => {
    if (applianceAnswers) return ok('it answers');
    if (!hasRun) return notApplicable('it was never started on this data folder');
    const supervisor = 'value' in processes && processes.value.some(isPm2);
    return fail(
      supervisor
        ? 'pm2 runs, but the appliance does not answer: errored or still starting'
        : 'nothing answers on its socket',
    );
  },
};

/** `PM2 v7.0.4: God Daemon (/run/weir/pm2)`, or node running pm2-runtime. Its own command would start a daemon. */
function isPm2({ name, args }: { readonly name: string; readonly args: readonly string[] }): boolean {
  return name.startsWith('PM2') || args.some((word) => /pm2-runtime$|^PM2 v/.test(word));
}

const applianceId: Check = {
  id: 'appliance-id',
  area: 'services',
  title: 'The appliance has an id and a key',
  means: 'Evidence cannot be signed, and topics of several appliances would mix.',
  fix: 'Restore appliance.json and key/ of the data folder from a backup, or move both away to begin a new identity.',
  look: ({ services: { applianceId: id, hasRun } }) => {
    if (!hasRun) return notApplicable('it is made at the first start');
    return id === '' ? fail('appliance.json holds no id') : ok(id);
  },
};

const broker: Check = {
  id: 'broker',
  area: 'services',
  title: 'The MQTT broker can be reached',
  means: 'Nothing is published meanwhile; newer states replace older ones.',
  fix: 'Check mqtt.url (mqtt://host:1883) and that the broker runs: systemctl status mosquitto',
  look: ({ services: { broker: found } }) => {
    if (found === null) return notApplicable('none is set (mqtt.url)');
    return found.problem === '' ? ok(found.url) : fail(`${found.url}: ${found.problem}`);
  },
};

export const SERVICE_CHECKS: readonly Check[] = [
  accessPoint,
  leases,
  passphrase,
  capturePermission,
  captureRuns,
  losses,
  selfTest,
  appliance,
  applianceId,
  broker,
];
