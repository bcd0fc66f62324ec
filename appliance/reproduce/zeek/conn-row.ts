// One line of conn.log while it grows: Zeek's fields, counted by Zeek's rules. tracker.ts opens and closes it.

export interface ConnRow {
  readonly uid: string;
  /** Microseconds since 1970. */
  readonly ts: number;
  last: number;
  origHost: string;
  origPort: number;
  respHost: string;
  respPort: number;
  readonly proto: 'tcp' | 'udp' | 'icmp' | 'unknown_transport';
  origMac: string;
  respMac: string;
  readonly communityId: string;
  service: string | undefined;
  /** Payload bytes on the wire. */
  origBytes: number;
  respBytes: number;
  origPackets: number;
  respPackets: number;
  /** IP total lengths. */
  origIpBytes: number;
  respIpBytes: number;
  history: string;
  state: TcpState;
}

/** What was seen of the handshake and the end, as flags of each side. */
export interface TcpState {
  origSyn: boolean;
  respSyn: boolean;
  origFin: boolean;
  respFin: boolean;
  origReset: boolean;
  respReset: boolean;
}

/** https://docs.zeek.org conn_state. UDP and ICMP: SF with an answer, S0 without. */
export function connState({ proto, respPackets, origPackets, state }: ConnRow): string {
  if (proto !== 'tcp') return respPackets > 0 ? (origPackets > 0 ? 'SF' : 'SHR') : 'S0';
  const { origSyn, respSyn, origFin, respFin, origReset, respReset } = state;
  if (!origSyn) return respSyn ? (origReset ? 'RSTRH' : respFin ? 'SHR' : 'OTH') : 'OTH';
  if (!respSyn) {
    if (respReset) return 'REJ';
    if (origReset) return 'RSTOS0';
    return origFin ? 'SH' : 'S0';
  }
  if (origReset) return 'RSTO';
  if (respReset) return 'RSTR';
  if (origFin && respFin) return 'SF';
  if (origFin) return 'S2';
  return respFin ? 'S3' : 'S1';
}

/** Letters of conn_history: S SYN, H SYN with ACK, A pure ACK, D data, F FIN, R RST; upper case from the originator, each once. */
export function addHistory(row: ConnRow, isOrig: boolean, flags: number, payload: number): void {
  const letters: string[] = [];
  if (row.proto !== 'tcp') letters.push('d');
  else {
    if ((flags & 2) !== 0) letters.push((flags & 16) === 0 ? 's' : 'h');
    if (payload > 0) letters.push('d');
    else if ((flags & 0x17) === 16) letters.push('a');
    if ((flags & 1) !== 0) letters.push('f');
    if ((flags & 4) !== 0) letters.push('r');
  }
  for (const small of letters) {
    const letter = isOrig ? small.toUpperCase() : small;
    if (!row.history.includes(letter)) row.history += letter;
  }
}
