// What the renderer of documents looks up, as values: no file is opened here. Filled by open-tables.ts, or by a test.

import type { DocumentTool } from '../../model/analysis-document.ts';
import type { PlatformRule } from '../platforms/rule.ts';
import type { PortProfile } from '../ports/ports.ts';
import type { Table } from '../summary/summary.ts';

/** What is known for identifying a device. */
export interface DeviceFacts {
  readonly mac: string;
  readonly vendor: string | null;
  /** By kind, by value: how often. */
  readonly traits: Table<Table<number>>;
  /** Tables counted for this sender: by table, by text. */
  readonly counts: Table<Table<number>>;
}

/** What the renderer needs to know of an address; geo/places.ts has it. */
export interface AddressPlace {
  readonly country: string | null;
  readonly asn: number | null;
  readonly org: string | null;
  readonly provider: string | null;
  /** Not on the Internet. */
  readonly internal: boolean;
}

/** Look-ups joined by the caller, so that rendering does no I/O and tests can bring their own. */
export interface DocumentTables {
  readonly tool: DocumentTool;
  readonly profile: PortProfile;
  readonly platformRules: readonly PlatformRule[];
  /** Location of the access point, ISO 3166-1; empty if not set. */
  readonly home: string;
  describeAddress(ip: string): AddressPlace;
  vendor(mac: string): string | null;
}

/** `seconds.nanoseconds` with the file's own number of digits. */
export function cutTime(ts: string, digits: number): string {
  return digits >= 9 ? ts : ts.slice(0, ts.indexOf('.') + 1 + digits);
}
