// Whether frames from one device to another pass the bridge, where capture sees them. Some radios forward them in their firmware
// and the host never learns of it; a result that does not say which is the case is worth nothing.

import type { LocalTraffic } from '../status/status.ts';
import { isFullMac } from './radio.ts';

export interface LocalTrafficFacts {
  readonly driver: string;
  /** hostapd runs with isolation, so that the radio hands every frame to the host. */
  readonly isolate: boolean;
  readonly policy: 'allow' | 'block';
  /** Unicast frames between devices that the bridge was seen to forward. */
  readonly observed: number;
}

export interface LocalTrafficVerdict {
  readonly verdict: LocalTraffic;
  readonly reason: string;
}

export function judgeLocalTraffic({ driver, isolate, policy, observed }: LocalTrafficFacts): LocalTrafficVerdict {
  if (observed > 0) return say('visible', `${observed} frames between devices passed the bridge`);
  if (!isolate)
    return say('not visible', `driver ${driver} forwards frames between devices itself (it has no set_bss command)`);
  if (isFullMac(driver))
    return say('unknown', `driver ${driver} took the isolation, but what its firmware does was not seen yet`);
  if (policy === 'block')
    return say(
      'visible',
      'every frame comes to the bridge, which delivers none to another device: attempts are captured',
    );
  return say('visible', 'every frame comes to the bridge and goes back from there; none between devices was seen yet');
}

function say(verdict: LocalTraffic, reason: string): LocalTrafficVerdict {
  return { verdict, reason };
}

/** `text`: `nft list counter bridge weir local_unicast`. */
export function parseCounter(text: string): number {
  return Number(/packets (\d+)/.exec(text)?.[1] ?? 0);
}
