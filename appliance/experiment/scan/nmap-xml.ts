// What nmap found, out of its XML. Its document is bounded before it is parsed, and each port that was asked must be in it
// exactly once: a run that was cut short, or that reports less than it was asked, is no answer. Pure.

import { parseXml, type XmlElement } from '@rgrove/parse-xml';
import { type FoundHost, NO_PORTS, PORT_STATES, type PortState, type PortStates } from '../../model/scan/port-scan.ts';
import { formatPorts, parsePorts } from '../../model/scan/port-set.ts';
import { printable } from '../../model/text.ts';

/** Of nmap's document: a device whose 65,536 ports are all open makes 9 MB. */
export const MAX_XML_BYTES = 16 * 1024 * 1024;
/** Hosts in one document: a network with more than 1,024 addresses is not looked through. */
const MAX_HOSTS = 1024;

export interface NmapPorts {
  /** Ports asked, as text of ranges. */
  readonly asked: string;
  readonly states: PortStates;
  /** Address of the target's link, lower case; null where nmap does not say. */
  readonly mac: string | null;
  readonly version: string;
}

/** Undefined where the document is not whole, or does not report each port once. */
export function readPorts(xml: string, proto: 'tcp' | 'udp'): NmapPorts | undefined {
  const root = parse(xml);
  const host = root === undefined ? undefined : child(root, 'host');
  if (root === undefined || host === undefined || !isFinished(root)) return undefined;
  const info = children(root, 'scaninfo').find((one) => one.attributes['protocol'] === proto);
  const asked = parsePorts(info?.attributes['services'] ?? '-');
  const list = child(host, 'ports');
  if (asked === undefined || list === undefined) return undefined;
  const found = new Map<PortState, number[]>();
  const add = (state: string | undefined, ports: readonly number[] | undefined): boolean => {
    if (!isState(state) || ports === undefined) return false;
    found.set(state, (found.get(state) ?? []).concat(ports));
    return true;
  };
  for (const group of children(list, 'extraports')) {
    for (const reason of children(group, 'extrareasons')) {
      if (reason.attributes['proto'] !== proto) continue;
      if (!add(group.attributes['state'], parsePorts(reason.attributes['ports'] ?? '-'))) return undefined;
    }
  }
  for (const port of children(list, 'port')) {
    if (port.attributes['protocol'] !== proto) continue;
    if (!add(child(port, 'state')?.attributes['state'], parsePorts(port.attributes['portid'] ?? '-'))) return undefined;
  }
  const all = [...found.values()].flat();
  const isWhole = all.length === asked.length && formatPorts(all) === formatPorts(asked);
  if (!isWhole) return undefined;
  return {
    asked: formatPorts(asked),
    states: { ...NO_PORTS, ...Object.fromEntries([...found].map(([state, ports]) => [state, formatPorts(ports)])) },
    mac: addressOf(host, 'mac')?.toLowerCase() ?? null,
    version: printable(root.attributes['version'] ?? '', 20),
  };
}

/** Undefined where the document is not whole. */
export function readHosts(xml: string): FoundHost[] | undefined {
  const root = parse(xml);
  if (root === undefined || !isFinished(root)) return undefined;
  const up = children(root, 'host').filter((host) => child(host, 'status')?.attributes['state'] === 'up');
  return up.slice(0, MAX_HOSTS).flatMap((host) => {
    const ip = addressOf(host, 'ipv4');
    if (ip === undefined) return [];
    const guess = children(child(host, 'os') ?? host, 'osmatch')[0]?.attributes;
    const link = children(host, 'address').find((one) => one.attributes['addrtype'] === 'mac')?.attributes;
    const percent = Number(guess?.['accuracy'] ?? Number.NaN);
    return [
      {
        ip: printable(ip, 15),
        mac: link?.['addr'] === undefined ? null : printable(link['addr'].toLowerCase(), 17),
        vendor: link?.['vendor'] === undefined ? null : printable(link['vendor'], 60),
        os: guess?.['name'] === undefined ? null : printable(guess['name'], 120),
        os_percent: Number.isInteger(percent) ? percent : null,
      },
    ];
  });
}

function parse(xml: string): XmlElement | undefined {
  if (xml.length > MAX_XML_BYTES) return undefined;
  try {
    const root = parseXml(xml).root;
    return root?.name === 'nmaprun' ? root : undefined;
  } catch {
    // nmap was killed while it wrote, or is none.
    return undefined;
  }
}

/** Written last. */
function isFinished(root: XmlElement): boolean {
  return child(child(root, 'runstats') ?? root, 'finished')?.attributes['exit'] === 'success';
}

function addressOf(host: XmlElement, kind: string): string | undefined {
  return children(host, 'address').find((one) => one.attributes['addrtype'] === kind)?.attributes['addr'];
}

function children(parent: XmlElement, name: string): XmlElement[] {
  return parent.children.filter(
    (node): node is XmlElement => node.type === 'element' && (node as XmlElement).name === name,
  );
}

function child(parent: XmlElement, name: string): XmlElement | undefined {
  return children(parent, name)[0];
}

function isState(word: string | undefined): word is PortState {
  return PORT_STATES.includes(word as PortState);
}
