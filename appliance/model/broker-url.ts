// The address of an MQTT broker taken apart; publisher and check-up read it alike.

const OVER_TLS = ['mqtts:', 'ssl:', 'tls:', 'wss:'];
const SCHEMES = ['mqtt:', 'tcp:', 'ws:', ...OVER_TLS];

export interface BrokerUrl {
  /** Without user and password, which an address may hold. */
  readonly shown: string;
  /** Name or address; an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
}

/** Undefined for what is no address of a broker. */
export function parseBrokerUrl(url: string): BrokerUrl | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, host, hostname, port } = new URL(url);
  if (!SCHEMES.includes(protocol) || hostname === '') return undefined;
  const tls = OVER_TLS.includes(protocol);
  return {
    shown: `${protocol}//${host}`,
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port) || usualPort(protocol, tls),
    tls,
  };
}

function usualPort(protocol: string, tls: boolean): number {
  if (protocol === 'ws:') return 80;
  if (protocol === 'wss:') return 443;
  return tls ? 8883 : 1883;
}
