// First boot, and each later one: what lies on the boot partition becomes settings, what an appliance needs of its own is
// made, and a person is informed. Running it again changes nothing. Called by cli/provision.ts before anything else starts.

import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { systemCode, toError } from '../model/errors.ts';
import { expectOnly, UNREADABLE } from '../model/expected-error.ts';
import type { BootReport } from '../model/files/boot-report.ts';
import { resetFiles, tokenIn } from './claim.ts';
import { accessText, consoleText, type Handover, issueText, statusText, wifiText } from './handover.ts';
import { makeOwned } from './owned.ts';
import type { Places } from './places.ts';
import { qrSvg, wifiCode } from './qr-text.ts';
import { takeSettings } from './settings.ts';
import { readOptional, writeIfChanged } from './small-files.ts';
import { settleWifi } from './wifi.ts';

const ACCESS_TEXT = 'weir-access.txt';
const WIFI_TEXT = 'weir-wifi.txt';
const WIFI_CODE = 'weir-wifi-qr.svg';
const STATUS_TEXT = 'weir-status.txt';

/** @throws the system's error where the data folder or /etc cannot be written; problem with the boot partition is a note. */
export async function provision(places: Places): Promise<BootReport> {
  const { settings, mistakes } = await takeSettings(places);
  const { config, problem } = configInForce(places.config);
  const dataDir = config.data.dir;
  mkdirSync(dataDir, { recursive: true, mode: 0o750 });
  const reset = await resetWhereAsked(places, dataDir);
  const identity = await settleIdentity(dataDir);
  const wifi = await settleWifi(places.boot, config.ap, identity.id);
  const accessFile = join(places.boot ?? dirname(places.config), ACCESS_TEXT);
  const token = await makeOwned('claim', { dataDir, wanted: tokenIn(readOptional(accessFile)) });
  const pageKey = await settlePageKey(dataDir);
  const notes = [...problem, ...identity.problem, ...pageKey.problem, ...reset, ...pageNotes(config)];
  const report: BootReport = { schema: 'weir.boot/1', settings, mistakes: [...mistakes, ...wifi.mistakes], notes };
  const page = `${isForItselfAlone(config) ? 'http' : 'https'}://${hostname().toLowerCase()}.local:${config.http.port}`;
  const fingerprint = config.http.certificate_file === '' ? pageKey.fingerprint : null;
  const { evidenceKey } = identity;
  return await announce(places, { networks: wifi.networks, page, fingerprint, evidenceKey, token, report });
}

/** Settings that were spoilt on the system itself stop the services, which say so; what is made here does not depend on them. */
function configInForce(path: string): { readonly config: Config; readonly problem: readonly string[] } {
  try {
    return { config: loadConfig(existsSync(path) ? path : undefined).config, problem: [] };
  } catch (thrown) {
    return { config: loadConfig(undefined).config, problem: [toError(thrown).message] };
  }
}

/** A host name of that form was made for this one machine; then the two are the same, and a person learns one name. */
const OWN_NAME = /^weir-[0-9a-f]{4,16}$/;

/** A damaged identity stops capture, which says what to do; the page has to be reached all the same. */
async function settleIdentity(dataDir: string): Promise<SettledIdentity> {
  const wanted = OWN_NAME.test(hostname()) ? hostname() : null;
  try {
    const [id = 'weir', evidenceKey = null] = (await makeOwned('identity', { dataDir, wanted }))?.split(' ') ?? [];
    return { id, evidenceKey, problem: [] };
  } catch (thrown) {
    return { id: 'weir', evidenceKey: null, problem: [toError(thrown).message] };
  }
}

interface SettledIdentity {
  readonly id: string;
  readonly evidenceKey: string | null;
  readonly problem: readonly string[];
}

/** A damaged key stops the page, which says what to do; the claim is announced all the same. */
async function settlePageKey(dataDir: string): Promise<{ fingerprint: string | null; problem: readonly string[] }> {
  try {
    return { fingerprint: await makeOwned('page-key', { dataDir, wanted: null }), problem: [] };
  } catch (thrown) {
    return { fingerprint: null, problem: [toError(thrown).message] };
  }
}

/**
 * Forgets the password where somebody who holds the card asks for it; what a person should know of it. The reset file goes last: a
 * cut repeats it. One that cannot be removed, from a card that is worn out, counts once and is remembered.
 */
async function resetWhereAsked({ boot, config }: Places, dataDir: string): Promise<readonly string[]> {
  const asked = resetFiles(boot);
  if (asked.length === 0) return [];
  const note = join(dirname(config), 'boot-reset.done');
  const mark = `${asked.map((path) => statSync(path).mtimeMs).join(' ')}\n`;
  if (readOptional(note) === mark) return [STALE_RESET];
  await makeOwned('forget', { dataDir, wanted: null });
  try {
    for (const path of asked) rmSync(path);
    rmSync(note, { force: true });
    return [FORGOTTEN];
  } catch (thrown) {
    const why = `the boot partition cannot be written (${systemCode(thrown) ?? toError(thrown).message})`;
    await writeIfChanged(note, mark, { mode: 0o640 });
    return [
      FORGOTTEN,
      `${why}, so reset-password stays there; it counts once. The card may be worn out: replace it soon.`,
    ];
  }
}

const FORGOTTEN = 'the password was forgotten, as the file reset-password asked; the page has to be claimed again.';
const STALE_RESET =
  'the file reset-password was obeyed at an earlier start and could not be removed; remove it, or create it again to reset once more.';

/** On an appliance without a screen, a page for itself alone is most likely not meant. */
function pageNotes(config: Config): readonly string[] {
  if (!isForItselfAlone(config)) return [];
  return [
    'http.host lets only this machine itself open the page; `http: {host: 0.0.0.0}` in weir.yaml opens it to the cable.',
  ];
}

function isForItselfAlone({ http: { host } }: Config): boolean {
  return ['127.0.0.1', '::1', 'localhost'].includes(host);
}

async function announce(places: Places, handover: Handover): Promise<BootReport> {
  const problem = await tellOnCard(places, handover);
  const report = { ...handover.report, notes: [...handover.report.notes, ...problem] };
  const text = consoleText({ ...handover, report });
  keepForThisBoot(places.report, `${JSON.stringify(report)}\n`, 0o644);
  keepForThisBoot(places.issue, issueText(text), 0o600);
  writeToConsole(places.console, text);
  return report;
}

/** A boot partition that cannot be written costs the texts there and nothing else. */
async function tellOnCard({ boot, config }: Places, handover: Handover): Promise<readonly string[]> {
  const folder = boot ?? dirname(config);
  try {
    const { token, networks } = handover;
    if (token === null) rmSync(join(folder, ACCESS_TEXT), { force: true });
    else
      await writeIfChanged(
        join(folder, ACCESS_TEXT),
        accessText(handover, token),
        boot === null ? { mode: 0o600 } : undefined,
      );
    if (boot === null) return [];
    const [first] = networks;
    if (first !== undefined) {
      await writeIfChanged(join(boot, WIFI_TEXT), wifiText(networks));
      await writeIfChanged(join(boot, WIFI_CODE), qrSvg(wifiCode(first)));
    }
    await writeIfChanged(join(boot, STATUS_TEXT), statusText(handover));
    return [];
  } catch (thrown) {
    return [`${folder} cannot be written (${toError(thrown).message}); its content is on the console only.`];
  }
}

/** /run is empty after a power cut. */
function keepForThisBoot(path: string, text: string, mode: number): void {
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { force: true });
  writeFileSync(path, text, { mode, flag: 'wx' });
}

/** Without a console nobody reads it there. */
function writeToConsole(path: string, text: string): void {
  try {
    writeFileSync(path, text.replaceAll('\n', '\r\n'), { flag: 'r+' });
  } catch (thrown) {
    expectOnly(thrown, 'writing to the console', ...UNREADABLE, 'EIO', 'EROFS');
    // The same text is on the boot partition and above the log-in prompt.
  }
}
