// Whose TLS the app proxy looks into now, and what was there before: written by root when the rules go up, removed when they go down
// (../../proxy/fence). Read by the fence itself, and by the appliance, whose page shows it to everybody.

import { expectOnly, MALFORMED } from '../expected-error.ts';

/** Gone after a restart of the machine, as the rules are. Everybody may read it. */
export const PROXY_STATE_FILE = '/run/weir-proxy-state.json';

export interface ProxyState {
  readonly schema: 'weir.proxy-state/1';
  /** MAC of the chosen device. */
  readonly device: string;
  /** ISO 8601, UTC. */
  readonly since: string;
  /** As capture had them before. */
  readonly phase: string;
  readonly interaction: string;
  /** The bridge's frames passed the IP firewall. */
  readonly filtered: boolean;
}

/** Undefined for what is torn or of another version. */
export function parseProxyState(text: string): ProxyState | undefined {
  try {
    const state = JSON.parse(text) as Partial<ProxyState> | null;
    const isOurs = state?.schema === 'weir.proxy-state/1';
    return isOurs && typeof state.device === 'string' && typeof state.since === 'string'
      ? (state as ProxyState)
      : undefined;
  } catch (thrown) {
    expectOnly(thrown, 'reading whose TLS is looked into', ...MALFORMED);
    return undefined;
  }
}
