// What a radio can do, read from `iw phy` (iw 5.4 to 6.9). Names of drivers decide only where the kernel's answer is known to be
// wrong: brcmfmac announces SAE and cannot serve it (research/hwsim.md §6.1).

export type ChannelState = 'usable' | 'disabled' | 'shared with radar' | 'not for sending';

export interface RadioFacts {
  readonly driver: string;
  readonly canServe: boolean;
  /** The driver has `set_bss`, by which stations are isolated from each other. */
  readonly canIsolate: boolean;
  readonly canSae: boolean;
  readonly channels: ReadonlyMap<number, ChannelState>;
  /** Network names at a time. */
  readonly mostNetworks: number;
}

/** Firmware that forwards by itself; its behaviour when this is switched off is unknown. */
export function isFullMac(driver: string): boolean {
  return /^(brcmfmac|mwifiex|wilc|qtnfmac)/.test(driver);
}

/** `text`: what `iw phy PHY info` prints. */
export function parseRadio(text: string, driver: string): RadioFacts {
  const modes = block(text, 'Supported interface modes:');
  return {
    driver,
    canServe: modes.includes('AP'),
    canIsolate: block(text, 'Supported commands:').includes('set_bss'),
    canSae: /SAE with AUTHENTICATE|SAE_OFFLOAD_AP|AP_SAE/.test(text) && !isFullMac(driver),
    channels: channelsOf(text),
    mostNetworks: networksOf(text),
  };
}

/** The starred lines below a heading. */
function block(text: string, heading: string): string[] {
  const [, rest = ''] = text.split(heading, 2);
  const lines = rest.split('\n').slice(1);
  const end = lines.findIndex((line) => !/^\s*\* /.test(line));
  return lines.slice(0, end === -1 ? undefined : end).map((line) => line.replace(/^\s*\*\s*/, '').trim());
}

function channelsOf(text: string): ReadonlyMap<number, ChannelState> {
  const channels = new Map<number, ChannelState>();
  for (const [, mhz, channel, rest = ''] of text.matchAll(/\* (\d+)(?:\.\d+)? MHz \[(\d+)\](.*)/g)) {
    // 6 GHz numbers its channels from 1 again.
    if (Number(mhz) < 5925) channels.set(Number(channel), channelState(rest));
  }
  return channels;
}

function channelState(rest: string): ChannelState {
  if (rest.includes('disabled')) return 'disabled';
  if (rest.includes('radar')) return 'shared with radar';
  return /no IR|passive/.test(rest) ? 'not for sending' : 'usable';
}

/** `#{ AP, mesh point } <= 4`, in any of the combinations; without one a radio does one thing at a time. */
function networksOf(text: string): number {
  const limits = [...text.matchAll(/#\{([^}]*)\}\s*<=\s*(\d+)/g)]
    .filter(([, modes = '']) => modes.split(',').some((mode) => mode.trim() === 'AP'))
    .map(([, , count]) => Number(count));
  return Math.max(1, ...limits);
}
