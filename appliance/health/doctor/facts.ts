// Everything that the checks may know, as plain values: what collect.ts found and what checks/ judge. A test writes them down.

import type { ApStatus } from '../../ap/status/status.ts';
import type { Config } from '../../config/schema.ts';
import type { CaptureStatus } from '../../model/capture-status.ts';
import type { ClockSync } from '../clock-sync.ts';
import type { PhyAbilities } from './iw-text.ts';
import type { Look } from './look.ts';
import type { Ruleset } from './rules/ruleset.ts';

export interface Facts {
  /** ISO 8601. */
  readonly taken: string;
  readonly isRoot: boolean;
  readonly settings: SettingsFacts;
  readonly machine: MachineFacts;
  readonly clock: ClockFacts;
  readonly storage: StorageFacts;
  readonly radio: RadioFacts;
  readonly processes: Look<readonly ProcessFact[]>;
  readonly network: NetworkFacts;
  readonly services: ServiceFacts;
}

export interface SettingsFacts {
  readonly path: string | null;
  /** Why the file cannot be used, empty where it can; `config` is then what could be read of it. */
  readonly problem: string;
  readonly config: Config;
}

export interface MachineFacts {
  readonly model: string;
  readonly kernel: string;
  /** Node of this process, and of the units where that is another one. */
  readonly nodes: readonly { readonly path: string; readonly version: Look<string> }[];
  /** Programs that the settings ask for, and the Debian packages that bring them. */
  readonly programs: readonly { readonly program: string; readonly package: string; readonly found: boolean }[];
  /** Whether the program of port scans is installed: recommended, not needed. */
  readonly hasScanner: boolean;
  readonly machineId: Look<string>;
  /** Words of the firmware; null where this machine has no such sensor. */
  readonly power: Look<PowerFacts | null>;
  readonly temperatureCelsius: number | null;
}

export interface PowerFacts {
  /** `under-voltage`, `frequency capped`, `throttled`, `soft temperature limit`. */
  readonly now: readonly string[];
  /** The same since the start; empty where only the alarm of the voltage sensor is known. */
  readonly since: readonly string[];
  readonly source: string;
}

export interface ClockFacts {
  readonly now: number;
  readonly sync: ClockSync;
  /** The running program that keeps time; empty where there is none. */
  readonly keeper: string;
  readonly rtc: RtcFacts | null;
}

export interface RtcFacts {
  readonly name: string;
  /** Volts of its battery if reported (Pi 5). */
  readonly batteryVolts: number | null;
}

export interface StorageFacts {
  readonly dir: string;
  readonly exists: boolean;
  /** Why this process may not write there; empty where it may. */
  readonly refusal: string;
  readonly owner: string;
  /** Who has to own it: the user of capture where the package made one and this is its folder; empty for anybody. */
  readonly rightOwner: string;
  readonly mount: Look<MountFact>;
  readonly space: Look<SpaceFact>;
  readonly speed: Look<SpeedFact>;
}

export interface MountFact {
  readonly point: string;
  readonly type: string;
  readonly source: string;
  readonly readOnly: boolean;
}

export interface SpaceFact {
  readonly totalBytes: number;
  /** For everybody but root. */
  readonly freeBytes: number;
  /** 0 on file systems that have no fixed number (btrfs). */
  readonly inodes: number;
  readonly freeInodes: number;
}

export interface SpeedFact {
  readonly writtenBytes: number;
  readonly bytesPerSecond: number;
  /** Of small synchronised writes. */
  readonly worstSyncMs: number;
  readonly medianSyncMs: number;
}

export interface RadioFacts {
  /** `ap.interface`; null where there is no such interface or it is no radio, then `absence` says which. */
  readonly found: FoundRadio | null;
  readonly absence: string;
  /** Radios of this machine. */
  readonly others: readonly string[];
  /** ISO code that the kernel applies; `00` is the world. */
  readonly country: Look<string>;
  readonly abilities: Look<PhyAbilities>;
  readonly powerSave: Look<boolean>;
  readonly stations: Look<number>;
  readonly blocks: readonly BlockFact[];
  /** Lines of the kernel's log that report stopped radio firmware. */
  readonly halts: Look<readonly string[]>;
}

export interface FoundRadio {
  readonly name: string;
  readonly phy: string;
  readonly driver: string;
  /** SDIO or PCI device number, as `0xa9bf`; empty where there is none. */
  readonly chip: string;
  readonly bus: string;
  readonly isUp: boolean;
}

export interface BlockFact {
  readonly name: string;
  readonly soft: boolean;
  readonly hard: boolean;
}

export interface ProcessFact {
  readonly pid: number;
  readonly name: string;
  readonly args: readonly string[];
}

export interface InterfaceFact {
  readonly name: string;
  readonly isUp: boolean;
  readonly hasCarrier: boolean;
  readonly isBridge: boolean;
  /** The bridge that it is a port of; empty for none. */
  readonly bridge: string;
  readonly hairpin: boolean | null;
}

export interface AddressFact {
  readonly interface: string;
  readonly family: 4 | 6;
  readonly address: string;
  readonly prefix: number;
}

export interface RouteFact {
  readonly family: 4 | 6;
  /** `default`, or an address with prefix. */
  readonly to: string;
  readonly interface: string;
}

/** Somebody who listens on a port; `owner` is null if the kernel does not report it (not root). */
export interface ListenerFact {
  readonly protocol: 'udp' | 'tcp';
  readonly address: string;
  readonly port: number;
  readonly owner: ProcessFact | null;
}

export interface NetworkFacts {
  readonly interfaces: readonly InterfaceFact[];
  readonly addresses: Look<readonly AddressFact[]>;
  readonly routes: Look<readonly RouteFact[]>;
  readonly listeners: readonly ListenerFact[];
  /** Of the bridge: `weir ap` switches it there, not for all of the machine. */
  readonly forwards: boolean | null;
  /** What is loaded of Weir's own tables. */
  readonly firewall: Look<FirewallFact>;
  /** Everybody's packet filter rules, Weir's among them. */
  readonly rules: Look<Ruleset>;
  /** Devices of NetworkManager with their state; null where it does not run. */
  readonly managed: Look<readonly { readonly device: string; readonly state: string }[] | null>;
  readonly resolver: Look<ResolverFact>;
}

export interface FirewallFact {
  /** `family name` of tables that Weir makes and that are loaded. */
  readonly tables: readonly string[];
  /** Whether devices are kept from the appliance's own ports, and from the other networks of the uplink. */
  readonly guardsAppliance: boolean;
  readonly guardsNetworks: boolean;
  /** Whether packets leave under the address of the uplink. */
  readonly translates: boolean;
}

export interface ResolverFact {
  readonly servers: readonly string[];
  /** Empty where one of them answered. */
  readonly problem: string;
}

export interface ServiceFacts {
  readonly ap: { readonly status: ApStatus | null; readonly reason: string };
  readonly capture: { readonly status: CaptureStatus | null; readonly reason: string };
  /** Whether capture has ever run on this data folder. */
  readonly hasRun: boolean;
  readonly applianceAnswers: boolean;
  readonly applianceId: string;
  readonly mayCapture: Look<boolean>;
  /** Packaged units that would start in addition to ours: not masked, and wanted by a target. */
  readonly rivalUnits: readonly string[];
  /** Empty where the broker took the connection; null where none is set. */
  readonly broker: { readonly url: string; readonly problem: string } | null;
  readonly passphraseMode: number | null;
}
