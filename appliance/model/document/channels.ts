// Three ways in which a device and its app talk, after the paper: device to cloud, app to cloud, app to device.

export const CHANNELS = ['device_cloud', 'app_cloud', 'app_device', 'device_device', 'other'] as const;
/** `other`: with the router, to groups, or where an end is not known. */
export type Channel = (typeof CHANNELS)[number];

export interface ChannelRow {
  readonly channel: Channel;
  readonly conversations: number;
  readonly packets: number;
  /** From the first named end to the other one, and back: of `app_device` from the app. */
  readonly bytes_out: number;
  readonly bytes_in: number;
  readonly payload_bytes: number;
  /** Addresses of the other end. */
  readonly destinations: number;
}

/** Of one place of capture. Places are never added up: what both saw would count twice. */
export interface DocumentChannels {
  readonly seen_at: 'access_point' | 'phone';
  /** Whose phone: MAC; null at the access point. */
  readonly owner: string | null;
  readonly path: string;
  /** Its own address in its capture, as an app that captures in a VPN gives it; null at the access point. */
  readonly address: string | null;
  readonly rows: readonly ChannelRow[];
}
