// IoTShark's metrics of one capture file (StaticCSVAnalysis.py), under its names: a "connection" is a packet, local means both
// addresses begin 192.168, dst_ip_map is keyed by the sender of incoming bytes and src_ip_map by the receiver of outgoing ones.

import type { DumpRow } from './packet-dump.ts';

interface InOut {
  incoming_bytes: number;
  outgoing_bytes: number;
}

export interface Metrics {
  readonly total_incoming_bytes: number;
  readonly total_outgoing_bytes: number;
  readonly total_bytes: number;
  readonly num_local_connections: number;
  readonly num_global_connections: number;
  readonly num_total_connections: number;
  readonly src_port_map: Readonly<Record<string, Pick<InOut, 'outgoing_bytes'>>>;
  readonly dst_port_map: Readonly<Record<string, Pick<InOut, 'incoming_bytes'>>>;
  readonly protocol_map: Readonly<Record<string, InOut>>;
  readonly connection_map: Readonly<Record<string, InOut>>;
  readonly isp_map: Readonly<Record<string, string>>;
  readonly src_ip_map: Readonly<Record<string, Pick<InOut, 'outgoing_bytes'>>>;
  readonly dst_ip_map: Readonly<Record<string, Pick<InOut, 'incoming_bytes'>>>;
  readonly udp_map: InOut;
  readonly tcp_map: InOut;
}

export interface MetricsRequest {
  /** `theirs`: their bytes; `right`: payload bytes of the wire. The names stay. */
  readonly counting: 'theirs' | 'right';
  /** Operator of an address from the offline tables; theirs asks ip-api.com over plain HTTP. */
  readonly isp: (ip: string) => string | null;
}

export function metricsOf(rows: readonly DumpRow[], { counting, isp }: MetricsRequest): Metrics {
  const incoming = (r: DumpRow): number => (counting === 'theirs' ? r.incoming : r.rightIncoming);
  const outgoing = (r: DumpRow): number => (counting === 'theirs' ? r.outgoing : r.rightOutgoing);
  const total = (of: (r: DumpRow) => number): number => rows.reduce((sum, row) => sum + of(row), 0);
  const both = (key: (r: DumpRow) => string): Record<string, InOut> => {
    const table: Record<string, InOut> = {};
    for (const row of rows) {
      const sums = (table[key(row)] ??= { incoming_bytes: 0, outgoing_bytes: 0 });
      sums.incoming_bytes += incoming(row);
      sums.outgoing_bytes += outgoing(row);
    }
    return table;
  };
  const ins = (key: (r: DumpRow) => string | number): Metrics['dst_ip_map'] =>
    Object.fromEntries(
      Object.entries(both((r) => String(key(r)))).map(([name, { incoming_bytes }]) => [name, { incoming_bytes }]),
    );
  const outs = (key: (r: DumpRow) => string | number): Metrics['src_ip_map'] =>
    Object.fromEntries(
      Object.entries(both((r) => String(key(r)))).map(([name, { outgoing_bytes }]) => [name, { outgoing_bytes }]),
    );
  const connections = both((r) => r.connection);
  const none = { incoming_bytes: 0, outgoing_bytes: 0 };
  const local = rows.filter((r) => isLocal(r.sourceIp) && isLocal(r.targetIp)).length;
  const [into, out] = [total(incoming), total(outgoing)];
  return {
    total_incoming_bytes: into,
    total_outgoing_bytes: out,
    total_bytes: into + out,
    num_local_connections: local,
    num_global_connections: rows.length - local,
    num_total_connections: rows.length,
    src_port_map: outs((r) => r.sourcePort),
    dst_port_map: ins((r) => r.targetPort),
    protocol_map: both((r) => r.transfer),
    connection_map: connections,
    isp_map: ispMap(rows, isp),
    src_ip_map: outs((r) => r.targetIp),
    dst_ip_map: ins((r) => r.sourceIp),
    udp_map: connections['UDP'] ?? none,
    tcp_map: connections['TCP'] ?? none,
  };
}

function isLocal(ip: string): boolean {
  return ip.startsWith('192.168');
}

function ispMap(rows: readonly DumpRow[], isp: (ip: string) => string | null): Record<string, string> {
  const ips = new Set(rows.flatMap(({ sourceIp, targetIp }) => [sourceIp, targetIp]).filter((ip) => !isLocal(ip)));
  return Object.fromEntries(
    [...ips].flatMap((ip) => {
      const name = isp(ip);
      return name === null ? [] : [[ip, name]];
    }),
  );
}
