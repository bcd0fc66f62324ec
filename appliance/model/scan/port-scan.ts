// A port scan of one device: what was asked, what was found, when. experiment/scan/ makes it and keeps it as a file of its own in
// `scans/` of the data folder; page, verbs and `weir reproduce paper` read it.

import type { Mac } from '../mac.ts';

/**
 * TCP and UDP ports that the scanner sends from, above those that Linux gives to programs by itself (32768 to 60999): by them and
 * by the window in the ledger its packets are distinguished from everything else that the appliance says (analysis/packet/scan-frames.ts).
 */
export const SCANNER_PORTS = { first: 61_000, last: 61_999 } as const;

export const SCAN_PROFILES = ['quick', 'full'] as const;
export type ScanProfile = (typeof SCAN_PROFILES)[number];

/** nmap's words. `open|filtered`: nothing came back, which for UDP may also be an open port that is silent. */
export const PORT_STATES = ['open', 'closed', 'filtered', 'open|filtered'] as const;
export type PortState = (typeof PORT_STATES)[number];
/** Ports of each state, as port-set.ts writes them. */
export type PortStates = Readonly<Record<PortState, string>>;
export const NO_PORTS: PortStates = { open: '', closed: '', filtered: '', 'open|filtered': '' };

/** `waiting`: for the device, its turn or the appliance; `running`; the others are ends. */
export type ScanState = 'waiting' | 'running' | 'done' | 'stopped' | 'failed';

/** Ports that are asked together. What a power cut interrupts is asked again, a part at most. */
export interface ScanPart {
  readonly proto: 'tcp' | 'udp';
  /** As port-set.ts writes them, or `top 1000`: the most frequent ones by nmap's own list. */
  readonly ports: string;
  /** ISO 8601 UTC; null until it is done. */
  readonly done: string | null;
  readonly seconds: number | null;
}

/** What an open port said when it was looked at; text of the device, masked for control characters and cut. */
export interface PortLook {
  readonly port: number;
  /** What was tried: `ssh`, `telnet`, `http`, `https`, `rtsp`, `mqtt`. */
  readonly as: string;
  /** First line, or status line and server; empty where it said nothing. */
  readonly banner: string;
  /** `answered`, `silent`, `refused`, or why not. */
  readonly result: string;
  /** Whether it let in without a secret: an MQTT broker that takes anonymous clients, a page that asks for no password. */
  readonly open_access: boolean | null;
}

export interface PortScan {
  readonly schema: 'weir.scan/1';
  /** `20261201T120000Z-aabbcc000102`. */
  readonly id: string;
  readonly device: Mac;
  /** IPv4 of the device when the scan began; a part is only taken where the device still has it. */
  readonly address: string;
  readonly profile: ScanProfile;
  readonly by: string;
  readonly state: ScanState;
  /** Why it waits, or failed; empty otherwise. */
  readonly reason: string;
  readonly begun: string;
  readonly ended: string | null;
  readonly scanner: {
    /** Addresses that the scanner sent from. */
    readonly addresses: readonly string[];
    readonly ports: typeof SCANNER_PORTS;
    readonly program: string;
    readonly packets_per_second: number;
  };
  /** Sittings: windows of the ledger, in which its packets are of phase `scan`. */
  readonly windows: readonly { readonly from: string; readonly to: string | null }[];
  readonly parts: readonly ScanPart[];
  readonly tcp: PortStates;
  readonly udp: PortStates;
  readonly looks: readonly PortLook[];
}

/** Found by looking at all of the network. */
export interface FoundHost {
  readonly ip: string;
  readonly mac: string | null;
  readonly vendor: string | null;
  /** nmap's best guess, and how sure it is, in percent. */
  readonly os: string | null;
  readonly os_percent: number | null;
}
