// What `weir ap run` publishes: one small file, replaced as a whole, readable by all. The supervisor writes it
// (status-file.ts); API, page, MQTT, metrics and doctor read it and never ask the supervisor.

/** Where the supervisor keeps what it rendered and its status; on tmpfs, gone with the boot. */
export const AP_RUN_FOLDER = '/run/weir-ap';
export const AP_STATUS_FILE = `${AP_RUN_FOLDER}/status.json`;

export const AP_STATES = ['off', 'starting', 'up', 'repairing', 'failed', 'stopped'] as const;
/**
 * `off`: not enabled; `starting`: not yet announced by hostapd; `up`: beacons are sent; `repairing`: it was up and is being
 * brought back; `failed`: the last attempt was rolled back, the next one comes by itself after a pause; `stopped`: by command.
 */
export type ApState = (typeof AP_STATES)[number];

export const LOCAL_TRAFFIC = ['visible', 'not visible', 'unknown'] as const;
/** Whether frames from one device to another pass the bridge, so that capture sees them. */
export type LocalTraffic = (typeof LOCAL_TRAFFIC)[number];

/** Failures of an access point; each is counted. */
export const AP_TROUBLES = [
  'hostapd_ended',
  'dnsmasq_ended',
  'rfkill',
  'radio_lost',
  'firmware_halted',
  'bridge_lost',
  'not_up_in_time',
  'refused',
  'other',
] as const;
export type ApProblem = (typeof AP_TROUBLES)[number];

export const LEAVE_REASONS = ['left', 'inactive', 'ap_restart'] as const;
/** `left`: it said so or the access point dropped it; `inactive`: nothing was heard; `ap_restart`: everybody had to go. */
export type LeaveReason = (typeof LEAVE_REASONS)[number];

export interface ApStation {
  /** Lower case with colons. */
  readonly mac: string;
  readonly ssid: string;
  /** Since when it is associated, ISO 8601. */
  readonly since: string;
  /** Associated and heard of within the limit (`PRESENCE_SECONDS`); a station out of range stays associated for minutes. */
  readonly present: boolean;
  readonly inactive_seconds: number | null;
  readonly signal_dbm: number | null;
  readonly rx_bytes: number | null;
  readonly tx_bytes: number | null;
  readonly ip: string | null;
}

export interface ApCounters {
  readonly joins: number;
  readonly disconnects: Readonly<Record<LeaveReason, number>>;
  /** Stations that came back within a minute of leaving: the radio, not the people. */
  readonly churn: number;
  readonly wrong_passphrase: number;
  readonly hostapd_starts: number;
  readonly repairs: number;
  readonly troubles: Readonly<Record<ApProblem, number>>;
  /** DHCP requests that found no free address. */
  readonly dhcp_exhausted: number;
}

export interface ApStatus {
  readonly schema: 'weir.ap/1';
  readonly ts: string;
  readonly pid: number;
  readonly state: ApState;
  /** Since when it is in this state, ISO 8601. */
  readonly since: string;
  /** One line in plain words; empty where all is well. */
  readonly reason: string;
  readonly ssid: string;
  readonly band: '2.4' | '5';
  readonly channel: number;
  readonly country: string;
  readonly security: 'wpa2' | 'mixed' | 'wpa3';
  readonly interface: string;
  readonly bridge: string;
  /** Empty while there is no way to the Internet. */
  readonly uplink: string;
  readonly address: string;
  readonly address6: string;
  readonly local_traffic: LocalTraffic;
  /** How that was found out. */
  readonly local_traffic_reason: string;
  /** Addresses in use and in the pool. */
  readonly leases: { readonly used: number; readonly pool: number };
  readonly stations: readonly ApStation[];
  readonly counters: ApCounters;
  readonly last_trouble: { readonly kind: ApProblem; readonly at: string; readonly text: string } | null;
}
