// Ports as people and nmap write them: `0-21,23,80-1000`. A set is a sorted text of ranges, so that equal sets are equal texts.

export const PORTS = 65_536;
/** Longest text of a set: every second port. */
const MAX_LETTERS = PORTS * 6;

/** Undefined where the text is none, or names a port above 65,535. The empty text is the empty set. */
export function parsePorts(text: string): number[] | undefined {
  if (text === '') return [];
  if (text.length > MAX_LETTERS) return undefined;
  const has = new Uint8Array(PORTS);
  for (const part of text.split(',')) {
    const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part);
    const from = Number(match?.[1] ?? Number.NaN);
    const to = Number(match?.[2] ?? from);
    if (!(from <= to && to < PORTS)) return undefined;
    has.fill(1, from, to + 1);
  }
  return listOf(has);
}

/** In ascending order, neighbours joined. */
export function formatPorts(ports: Iterable<number>): string {
  const has = new Uint8Array(PORTS);
  for (const port of ports) has[port] = 1;
  const parts: string[] = [];
  for (let from = has.indexOf(1); from !== -1; ) {
    const end = has.indexOf(0, from);
    const to = end === -1 ? PORTS - 1 : end - 1;
    parts.push(from === to ? `${from}` : `${from}-${to}`);
    from = has.indexOf(1, to + 1);
  }
  return parts.join(',');
}

function listOf(has: Uint8Array): number[] {
  const ports: number[] = [];
  for (let port = has.indexOf(1); port !== -1; port = has.indexOf(1, port + 1)) ports.push(port);
  return ports;
}
