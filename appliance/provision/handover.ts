// What a person who holds the card or sees the console gets to read: texts only, provision.ts writes them.

import type { BootReport } from '../model/files/boot-report.ts';
import { printable } from '../model/text.ts';
import { tokenLine } from './claim.ts';
import { qrBlocks, wifiCode } from './qr-text.ts';
import type { WifiNetwork } from './wifi.ts';

export interface Handover {
  readonly networks: readonly WifiNetwork[];
  readonly page: string;
  /** SHA-256 of the page's public key; null where the certificate is the operator's own. */
  readonly fingerprint: string | null;
  /** Fingerprint of the public key that signs the evidence, for `weir verify --key`; null where the key cannot be read. */
  readonly evidenceKey: string | null;
  /** Null once a password is set. */
  readonly token: string | null;
  readonly report: BootReport;
}

/** weir-access.txt: there as long as the page is not claimed. */
export function accessText(handover: Handover, token: string): string {
  return [
    'How to get into this Weir. This file disappears by itself once the page has a password.',
    '',
    `  Page:         ${handover.page}`,
    tokenLine(token),
    ...fingerprintLines(handover),
    ...evidenceLines(handover),
    '',
    'Open the page from the network that the cable leads to and type the token there: it lets you choose the password, once.',
    'If the name is not found, use the address that the router shows for this device instead of the name.',
    '',
    ...fingerprintHelp(handover),
    wifiText(handover.networks),
  ].join('\n');
}

function fingerprintLines({ fingerprint }: Handover): readonly string[] {
  return fingerprint === null ? [] : [`  Page's key:   ${fingerprint}`];
}

function evidenceLines({ evidenceKey }: Handover): readonly string[] {
  return evidenceKey === null ? [] : [`  Evidence key: ${evidenceKey}`];
}

function fingerprintHelp({ fingerprint }: Handover): readonly string[] {
  if (fingerprint === null) return [];
  return [
    'The browser warns that it does not know the certificate: Weir made it itself. Look at the certificate before you go on: the SHA-256',
    'fingerprint of its public key is the one above (it stays when the certificate is renewed). Another one: somebody is in between.',
    '',
  ];
}

/** weir-wifi.txt: stays, because devices are joined later too. */
export function wifiText(networks: readonly WifiNetwork[]): string {
  if (networks.length === 0)
    return 'There is no Wi-Fi yet: write `ap: {enabled: true, country: GB}` with your country into weir.yaml.\n';
  return networks.map((network) => `${networkLines(network)}\n${qrBlocks(wifiCode(network), 'dark')}\n`).join('\n');
}

function networkLines({ ssid, passphrase }: WifiNetwork): string {
  return [
    'Wi-Fi for the devices that are recorded:',
    `  Name:         ${printable(ssid)}`,
    `  Passphrase:   ${passphrase}`,
  ].join('\n');
}

const SETTINGS_WORDS: Readonly<Record<BootReport['settings'], string>> = {
  none: 'there is none here; the settings on the system itself are in force (/etc/weir/weir.yaml).',
  used: 'in force.',
  unchanged: 'in force.',
  refused: 'NOT used, it has mistakes. What was in force before stays so.',
};

/** weir-status.txt. Without time and count, so that it is written only when something changed. */
export function statusText({ report: { settings, mistakes, notes }, evidenceKey }: Handover): string {
  const correct = mistakes.length > 0 ? ['', 'Correct this, save the file, put the card back and start again.'] : [];
  return [
    'What Weir made of the files on this card when it last started.',
    '',
    `weir.yaml: ${SETTINGS_WORDS[settings]}`,
    ...mistakes.map((line) => `  ${line}`),
    ...correct,
    ...notes.map((line) => `\nNote: ${line}`),
    ...keyHelp(evidenceKey),
    '',
  ].join('\n');
}

/** Stays on the card after the claim: an outside word for the key, which `verify` cannot have from the evidence itself. */
function keyHelp(evidenceKey: string | null): readonly string[] {
  if (evidenceKey === null) return [];
  return [
    '',
    'The key that signs the captures. Keep it elsewhere too: `weir verify --key` holds it against an archive.',
    `  ${evidenceKey}`,
  ];
}

/** For the console: on black, and the token only while it is needed. */
export function consoleText(handover: Handover): string {
  const { networks, page, token, report } = handover;
  const [first] = networks;
  const open = token === null || first === undefined ? [] : [networkLines(first), qrBlocks(wifiCode(first), 'light')];
  return [
    '',
    `Weir: ${page}`,
    ...(token === null ? [] : [tokenLine(token), ...fingerprintLines(handover)]),
    ...evidenceLines(handover),
    ...report.mistakes.map((line) => `  not used: ${line}`),
    ...report.notes.map((line) => `  note: ${line}`),
    ...open,
    '',
  ].join('\n');
}

/** agetty(8) takes \ for the start of an escape. */
export function issueText(text: string): string {
  return text.replaceAll('\\', '\\\\');
}
