// What hostapd says on its standard output, as data. Wordings of hostapd 2.9 to 2.11; addresses and interface names are taken only
// in the form that hostapd itself prints, so that nothing a station chose reaches anybody.

export type HostapdEvent =
  | { readonly type: 'enabled' | 'disabled' | 'ended'; readonly link: string }
  | { readonly type: 'joined' | 'left' | 'inactive' | 'wrong-passphrase'; readonly link: string; readonly mac: string }
  | { readonly type: 'blocked' }
  | { readonly type: 'complaint'; readonly text: string };

const EVENTS: readonly (readonly [RegExp, (link: string, mac: string) => HostapdEvent])[] = [
  [/^(\S+): AP-ENABLED/, (link) => ({ type: 'enabled', link })],
  [/^(\S+): AP-DISABLED/, (link) => ({ type: 'disabled', link })],
  [/^(\S+): INTERFACE-DISABLED/, (link) => ({ type: 'disabled', link })],
  [/^(\S+): CTRL-EVENT-TERMINATING/, (link) => ({ type: 'ended', link })],
  [/^(\S+): AP-STA-CONNECTED ([0-9a-f:]{17})/, (link, mac) => ({ type: 'joined', link, mac })],
  [/^(\S+): AP-STA-DISCONNECTED ([0-9a-f:]{17})/, (link, mac) => ({ type: 'left', link, mac })],
  [
    /^(\S+): STA ([0-9a-f:]{17}) IEEE 802\.11: disassociated due to inactivity/,
    (link, mac) => ({ type: 'inactive', link, mac }),
  ],
  [/^(\S+): AP-STA-POSSIBLE-PSK-MISMATCH ([0-9a-f:]{17})/, (link, mac) => ({ type: 'wrong-passphrase', link, mac })],
  [/^rfkill: WLAN (?:soft|hard) blocked/, () => ({ type: 'blocked' })],
];

const COMPLAINT =
  /could not|failed|error|invalid|unsupported|not supported|not allowed|cannot|no such device|unable|mismatch|already configured/i;

/** Undefined for what is of no interest. */
export function readHostapd(line: string): HostapdEvent | undefined {
  for (const [pattern, make] of EVENTS) {
    const match = pattern.exec(line);
    if (match !== null) return make(match[1] ?? '', match[2] ?? '');
  }
  return COMPLAINT.test(line) ? { type: 'complaint', text: line } : undefined;
}
