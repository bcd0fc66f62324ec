// The radio: from sysfs and iw.

import type { Config } from '../../../config/schema.ts';
import type { BlockFact, FoundRadio, RadioFacts } from '../facts.ts';
import type { Host } from '../host.ts';
import { countStations, parseCountry, parsePhy, parsePowerSave } from '../iw-text.ts';
import { type Look, mapLook, seen, unseen } from '../look.ts';

const CLASS = '/sys/class/net';
/** brcmfmac's words for a firmware that stopped or never started; time-outs (-110) follow a halt. */
const HALT_LINES = /brcmf.*(firmware halted|firmware has halted|error.*-110|failed to load)/i;
/** The newest lines of the kernel's log about failures of the radio's firmware; older ones are left out. */
const MAX_HALTS = 20;

export async function collectRadio(host: Host, { ap }: Config): Promise<RadioFacts> {
  const { found, absence } = await findRadio(host, ap.interface);
  const [others, country, halts] = await Promise.all([
    radioNames(host),
    host.run('iw', ['reg', 'get']).then((text) => mapNeeded(text, parseCountry, 'iw reported no country')),
    haltLines(host),
  ]);
  const asked = found === null ? UNASKED(absence) : await askRadio(host, found);
  return { found, absence, others, country, halts, ...asked };
}

type Asked = Pick<RadioFacts, 'abilities' | 'powerSave' | 'stations' | 'blocks'>;

const UNASKED = (absence: string): Asked => ({
  abilities: unseen(absence),
  powerSave: unseen(absence),
  stations: unseen(absence),
  blocks: [],
});

async function askRadio(host: Host, { name, phy }: FoundRadio): Promise<Asked> {
  const [abilities, powerSave, stations, blocks] = await Promise.all([
    host.run('iw', ['phy', phy, 'info']),
    host.run('iw', ['dev', name, 'get', 'power_save']),
    host.run('iw', ['dev', name, 'station', 'dump']),
    blocksOf(host, phy),
  ]);
  return {
    abilities: mapLook(abilities, parsePhy),
    powerSave: mapNeeded(powerSave, parsePowerSave, 'iw reported nothing of power saving'),
    stations: mapLook(stations, countStations),
    blocks,
  };
}

function mapNeeded<T>(text: Look<string>, parse: (text: string) => T | undefined, why: string): Look<T> {
  if (!('value' in text)) return text;
  const value = parse(text.value);
  return value === undefined ? unseen(why) : seen(value);
}

async function radioNames(host: Host): Promise<string[]> {
  const names = await host.list(CLASS);
  const isRadio = await Promise.all(names.map((name) => host.exists(`${CLASS}/${name}/phy80211`)));
  return names.filter((_, at) => isRadio[at]);
}

async function findRadio(host: Host, name: string): Promise<{ found: FoundRadio | null; absence: string }> {
  const base = `${CLASS}/${name}`;
  if (!(await host.exists(base))) return { found: null, absence: `there is no interface ${name}` };
  const phy = (await host.read(`${base}/phy80211/name`))?.trim();
  if (phy === undefined) return { found: null, absence: `${name} is no radio` };
  const [driver, bus, chip, flags] = await Promise.all([
    host.link(`${base}/device/driver`),
    host.link(`${base}/device/subsystem`),
    host.read(`${base}/device/device`),
    host.read(`${base}/flags`),
  ]);
  const found = {
    name,
    phy,
    driver: lastPart(driver),
    chip: (chip ?? '').trim(),
    bus: lastPart(bus),
    isUp: isUp(flags),
  };
  return { found, absence: '' };
}

const lastPart = (path: string | undefined) => path?.slice(path.lastIndexOf('/') + 1) ?? 'unknown';

/** `flags` of sysfs: IFF_UP is bit 0. */
export function isUp(flags: string | undefined): boolean {
  return (Number.parseInt(flags ?? '0', 16) & 1) === 1;
}

/** Switches of this radio, and of none other. */
async function blocksOf(host: Host, phy: string): Promise<BlockFact[]> {
  const base = `/sys/class/ieee80211/${phy}`;
  const names = (await host.list(base)).filter((name) => /^rfkill\d+$/.test(name));
  return Promise.all(
    names.map(async (name) => {
      const [soft, hard] = await Promise.all([host.read(`${base}/${name}/soft`), host.read(`${base}/${name}/hard`)]);
      return { name, soft: soft?.trim() === '1', hard: hard?.trim() === '1' };
    }),
  );
}

async function haltLines(host: Host): Promise<Look<readonly string[]>> {
  const log = await host.run('dmesg', ['--level=emerg,alert,crit,err,warn']);
  return mapLook(log, (text) =>
    text
      .split('\n')
      .filter((line) => HALT_LINES.test(line))
      .slice(-MAX_HALTS),
  );
}
