// Names and passphrases of the networks. A passphrase is made where none is, or taken from the boot partition; an existing one
// is never changed, because the devices behind it would be lost.

import { existsSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { readPlainFile } from '../config/plain-file.ts';
import type { Config } from '../config/schema.ts';
import { expectOnly, UNREADABLE } from '../model/expected-error.ts';
import { makeSecret } from '../model/secret.ts';
import { writeIfChanged } from './small-files.ts';

/** 125 bits, which can be typed into an app. */
const PASSPHRASE_GROUPS = 5;
/** IEEE 802.11i annex: 8 to 63 characters of printable ASCII. */
const PASSPHRASE = /^[\x20-\x7e]{8,63}$/;
/** More is no passphrase, whatever it is. */
const MAX_BYTES = 256;
const OFFERED = 'ap.passphrase';
const MISNAMED = `${OFFERED}.txt`;

export interface WifiNetwork {
  readonly ssid: string;
  readonly passphrase: string;
}

export interface WifiOutcome {
  readonly networks: readonly WifiNetwork[];
  readonly mistakes: readonly string[];
}

export async function settleWifi(boot: string | null, ap: Config['ap'], applianceId: string): Promise<WifiOutcome> {
  if (!ap.enabled) return { networks: [], mistakes: [] };
  const mistakes = boot === null ? [] : [...(await takePassphrase(boot, ap.passphrase_file))];
  const ssid = ap.ssid === '' ? `weir-${applianceId.slice(-4)}` : ap.ssid;
  const wanted = [{ ssid, passphrase_file: ap.passphrase_file }, ...ap.networks];
  const networks: WifiNetwork[] = [];
  for (const network of wanted) {
    const passphrase = await passphraseOf(network.passphrase_file);
    if (passphrase !== undefined) networks.push({ ssid: network.ssid, passphrase });
    else mistakes.push(`${network.passphrase_file}: ${NO_PASSPHRASE}; nothing of it is shown`);
  }
  return { networks, mistakes };
}

const NO_PASSPHRASE = 'a passphrase has 8 to 63 characters of plain ASCII on one line';

/** Undefined where the file that the settings name holds something else: that is not ours to print onto the card. */
async function passphraseOf(file: string): Promise<string | undefined> {
  try {
    const known = readPlainFile(file, MAX_BYTES);
    if (known !== undefined && known.trim() !== '') return passphraseIn(known);
  } catch (thrown) {
    expectOnly(thrown, 'reading the passphrase', ...UNREADABLE);
    return undefined;
  }
  const made = makeSecret(PASSPHRASE_GROUPS);
  await writeIfChanged(file, `${made}\n`, { mode: 0o600 });
  return made;
}

/** Editors add a mark in front and ends of lines behind, never hundreds of them. */
function passphraseIn(text: string): string | undefined {
  const line = /^\uFEFF?([^\r\n]*)[\r\n]{0,8}$/.exec(text)?.[1] ?? '';
  return PASSPHRASE.test(line) ? line : undefined;
}

/** A passphrase of one's own is moved off the boot partition, which any computer can read. */
async function takePassphrase(boot: string, file: string): Promise<readonly string[]> {
  const name = [OFFERED, MISNAMED].find((candidate) => existsSync(join(boot, candidate)));
  if (name === undefined) return [];
  const passphrase = passphraseIn(readOffered(join(boot, name)));
  if (passphrase === undefined) return [`${name}: ${NO_PASSPHRASE}`];
  await writeIfChanged(file, `${passphrase}\n`, { mode: 0o600 });
  unlinkSync(join(boot, name));
  return [];
}

function readOffered(path: string): string {
  try {
    return readPlainFile(path, MAX_BYTES) ?? '';
  } catch (thrown) {
    expectOnly(thrown, 'reading the offered passphrase', ...UNREADABLE);
    return '';
  }
}
