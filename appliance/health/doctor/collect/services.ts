// Weir's processes as they answer, the broker, and packaged services that would start in addition to ours.

import { stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { readApStatus } from '../../../ap/status/status-reader.ts';
import type { Config } from '../../../config/schema.ts';
import { CaptureClient } from '../../../experiment/capture-client.ts';
import { parseBrokerUrl } from '../../../model/broker-url.ts';
import { systemCode, toError } from '../../../model/errors.ts';
import { expectOnly, MALFORMED, orElse, UNREADABLE } from '../../../model/expected-error.ts';
import { APPLIANCE_SOCKET, CAPTURE_SOCKET } from '../../../model/files/run-files.ts';
import type { ServiceFacts } from '../facts.ts';
import type { Host } from '../host.ts';
import { type Look, seen } from '../look.ts';

const CONNECT_MS = 2000;
const SYSTEM_UNITS = '/etc/systemd/system';
const UNIT_FOLDERS = [SYSTEM_UNITS, '/usr/lib/systemd/system', '/lib/systemd/system'];
const RIVALS = ['hostapd.service', 'dnsmasq.service'];
/** Bit of CAP_NET_RAW in the sets of proc_pid_status(5). */
const NET_RAW_BIT = 13n;

export async function collectServices(host: Host, config: Config): Promise<ServiceFacts> {
  const { dir } = config.data;
  const [capture, answers, identity, mayCapture, rivalUnits, broker, mode] = await Promise.all([
    askCapture(dir),
    connects({ path: join(dir, APPLIANCE_SOCKET) }),
    host.read(join(dir, 'appliance.json')),
    mayOpenSocket(host),
    collectRivals(host),
    askBroker(config.mqtt.url),
    fileMode(config.ap.passphrase_file),
  ]);
  return {
    ap: readApStatus(),
    capture,
    hasRun: identity !== undefined,
    applianceAnswers: answers === '',
    applianceId: idOf(identity ?? ''),
    mayCapture,
    rivalUnits,
    broker,
    passphraseMode: mode,
  };
}

async function askCapture(dir: string): Promise<ServiceFacts['capture']> {
  try {
    return { status: await new CaptureClient(join(dir, CAPTURE_SOCKET)).status(), reason: '' };
  } catch (thrown) {
    return { status: null, reason: toError(thrown).message };
  }
}

function idOf(text: string): string {
  try {
    const { id } = JSON.parse(text) as { id?: unknown };
    return typeof id === 'string' ? id : '';
  } catch (thrown) {
    expectOnly(thrown, "reading the appliance's id", ...MALFORMED);
    return '';
  }
}

/** Empty where somebody took the connection, else why not. */
function connects(where: { path: string } | { host: string; port: number }): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ ...where, timeout: CONNECT_MS });
    const end = (problem: string) => {
      socket.destroy();
      resolve(problem);
    };
    socket.once('connect', () => end(''));
    socket.once('timeout', () => end(`no answer within ${CONNECT_MS / 1000} s`));
    socket.once('error', (error) =>
      end(systemCode(error) === 'ECONNREFUSED' ? 'nothing listens there' : error.message),
    );
  });
}

async function askBroker(url: string): Promise<ServiceFacts['broker']> {
  if (url === '') return null;
  const parsed = parseBrokerUrl(url);
  if (parsed === undefined) return { url, problem: 'that is no address of a broker' };
  const { shown, host, port } = parsed;
  return { url: shown, problem: await connects({ host, port }) };
}

async function mayOpenSocket(host: Host): Promise<Look<boolean>> {
  const status = (await host.read('/proc/self/status')) ?? '';
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  if (effective !== undefined && (BigInt(`0x${effective}`) >> NET_RAW_BIT) % 2n === 1n) return seen(true);
  const units = await Promise.all(UNIT_FOLDERS.map((folder) => host.exists(`${folder}/weir-capture.service`)));
  if (units.includes(true)) return seen(true);
  const tcpdump = await host.find('tcpdump');
  if (tcpdump === undefined) return seen(false);
  const answer = await host.run('getcap', [tcpdump]);
  return 'value' in answer ? seen(answer.value.includes('cap_net_raw')) : answer;
}

/** Enabled is a link in a target's folder; masked is a link to /dev/null. */
async function collectRivals(host: Host): Promise<readonly string[]> {
  const states = await Promise.all(
    RIVALS.map(async (unit) => {
      const wanted = await host.exists(`${SYSTEM_UNITS}/multi-user.target.wants/${unit}`);
      return wanted && (await host.link(`${SYSTEM_UNITS}/${unit}`)) !== '/dev/null';
    }),
  );
  return RIVALS.filter((_, at) => states[at]);
}

async function fileMode(path: string): Promise<number | null> {
  const info = await stat(path).catch(orElse(undefined, 'finding a file', ...UNREADABLE));
  return info?.mode ?? null;
}
