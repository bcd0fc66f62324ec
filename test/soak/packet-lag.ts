// How far behind analysis is by the times in the packets: the newest second of capture time in which a device's packets are drawn,
// against the time that the stream has reached. Knows nothing of what the appliance itself says about its lag.

import type { TrafficResponse } from '../../appliance/publish/schemas/traffic.ts';
import { ask } from './local-api.ts';

const SECONDS = 120;

export interface SendingDevices {
  readonly macs: readonly string[];
  /** Seconds since 1970 that the stream has reached, or at which these devices ended. */
  readonly reached: () => number;
}

/** Of the device furthest behind, up to a second too much; not less than all that is drawn where nothing of one is. */
export async function packetLag(socket: string, { macs, reached }: SendingDevices): Promise<number> {
  let worst = 0;
  for (const mac of macs) {
    const answer = await ask(socket, `/api/v1/traffic?device=${encodeURIComponent(mac)}&seconds=${SECONDS}`);
    const { from, in: into } = JSON.parse(answer.text) as TrafficResponse;
    worst = Math.max(worst, reached() - newestSecond(from, into.total));
  }
  return worst;
}

export function newestSecond(from: number, series: readonly number[]): number {
  return from + series.findLastIndex((bytes) => bytes > 0);
}
