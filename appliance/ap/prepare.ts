// From settings and machine to a plan: everything that can be refused is refused here, before anything is changed.

import { parseIpv4Network } from '../config/ipv4-network.ts';
import { readPlainFile } from '../config/plain-file.ts';
import type { Config } from '../config/schema.ts';
import { WeirError } from '../model/errors.ts';
import { expectOnly, UNREADABLE } from '../model/expected-error.ts';
import type { Changes } from './machine/changes.ts';
import { readText, run } from './machine/machine.ts';
import { clashOf, findRadio, findUplink, servesTime } from './machine/machine-facts.ts';
import { readPassphrase } from './passphrase.ts';
import { type ApPlan, makePlan, radioLinks } from './plan.ts';
import type { RadioFacts } from './watch/radio.ts';

export interface Prepared {
  readonly plan: ApPlan;
  readonly radio: RadioFacts;
}

/** Interfaces of the captured side: neither a way out nor a clash. */
export function capturedLinks({ ap, capture }: Config): string[] {
  return [capture.interface, ...radioLinks(ap)];
}

/** @throws WeirError AP_REFUSED: no such radio, or it cannot do it, or the addresses are in use elsewhere. */
export async function prepare(config: Config, changes: Changes, withoutIsolation: boolean): Promise<Prepared> {
  const { ap } = config;
  // Before the radio is asked: which channels are free to use depends on it.
  await run('iw', ['reg', 'set', ap.country]);
  const radio = await findRadio(ap.interface);
  if (radio === undefined)
    throw new WeirError(
      'AP_REFUSED',
      `${ap.interface} is no radio; the access point was not started. \`iw dev\` lists those there are.`,
    );
  await checkClash(config);
  const defaultUplink = await findUplink(capturedLinks(config));
  const inputs = {
    config,
    radio,
    defaultUplink,
    withoutIsolation,
    applianceId: applianceId(config.data.dir) ?? radioDigits(ap.interface),
    passphrases: [ap, ...ap.networks].map((network) => readPassphrase(network.passphrase_file)),
    newlyForwarding: newlyForwarding([ap.uplink || defaultUplink, ...ap.networks.map(({ uplink }) => uplink)], changes),
    servesTime: servesTime(),
  };
  return { plan: makePlan(inputs), radio };
}

async function checkClash(config: Config): Promise<void> {
  const network = parseIpv4Network(config.ap.address);
  const clash = network === undefined ? '' : await clashOf(network, capturedLinks(config));
  if (clash !== '')
    throw new WeirError(
      'AP_REFUSED',
      `ap.address ${config.ap.address} overlaps with ${clash}; the access point was not started. Choose another network, as 10.78.0.1/24.`,
    );
}

function newlyForwarding(uplinks: readonly string[], changes: Changes): string[] {
  return [...new Set(uplinks)].filter((uplink) => {
    const path = `/proc/sys/net/ipv4/conf/${uplink}/forwarding`;
    return uplink !== '' && (changes.before(path) ?? readText(path)) === '0';
  });
}

/** It is less than one; the folder is capture's, and this is root. */
const MAX_BYTES = 64 * 1024;

/** Made by capture at its first start; undefined before. */
export function applianceId(dataDir: string): string | undefined {
  try {
    const { id } = JSON.parse(readPlainFile(`${dataDir}/appliance.json`, MAX_BYTES, 'refused') ?? '{}') as {
      id?: unknown;
    };
    return typeof id === 'string' && /^[a-z0-9_-]{1,64}$/.test(id) ? id : undefined;
  } catch (thrown) {
    expectOnly(thrown, "reading the appliance's id", ...UNREADABLE, SyntaxError);
    return undefined;
  }
}

function radioDigits(link: string): string {
  return (readText(`/sys/class/net/${link}/address`) ?? '').replaceAll(':', '');
}
