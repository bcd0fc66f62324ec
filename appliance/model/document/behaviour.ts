// What a device does over time, as the analysis document has it: periods, first contacts, what changed, hours, services.

import type { FindingEvidence } from './findings.ts';
import type { TransportProtocol } from './words.ts';

/** Traffic of a device to a peer that comes at regular intervals. */
export interface DocumentPeriod {
  readonly device: string;
  readonly proto: string;
  readonly ip: string;
  /** Name under which the address was resolved, else the address. */
  readonly peer: string;
  readonly port: number;
  readonly seconds: number;
  /** Part of the intervals that keep to it, 0 to 1. */
  readonly share: number;
  readonly intervals: number;
}

/** A name that a device asked for without ever talking to an address of that name. */
export interface DocumentUnreached {
  readonly device: string;
  readonly name: string;
  readonly queries: number;
  /** False: it has no address at all. */
  readonly resolved: boolean;
}

/** The first packet between a device and a destination on the Internet (its registered domain, else its address). */
export interface DocumentFirstSeen {
  readonly device: string;
  readonly destination: string;
  readonly ip: string;
  readonly proto: string;
  readonly port: number;
  readonly first_ts: string;
  /** Destinations that the device had talked to before this one. */
  readonly known_before: number;
  /** The device had been watched long enough before to call this one new; else it is only the first. */
  readonly is_new: boolean;
  readonly evidence: readonly FindingEvidence[];
}

/** What is unlike what the device did before; the figures are in the explanation. */
export interface DocumentAnomaly {
  readonly rule: string;
  readonly kind: 'destination' | 'service' | 'volume' | 'hour' | 'silence' | 'country' | 'resolver' | 'absence';
  readonly device: string;
  readonly subject: string;
  readonly ts: string;
  readonly explanation: string;
  readonly evidence: readonly FindingEvidence[];
}

/** How much is known of a device's ordinary days. */
export interface DocumentHistory {
  readonly device: string;
  /** Hours in which the device sent something, and from the first to the last of them. */
  readonly active_hours: number;
  readonly span_hours: number;
  /** Enough history to decide what is unusual. */
  readonly enough: boolean;
  readonly explanation: string;
}

/** One hour of a device, by the times of its packets. */
export interface DocumentHour {
  readonly device: string;
  /** Start of the hour, ISO 8601 UTC. */
  readonly hour: string;
  readonly packets_sent: number;
  readonly bytes_sent: number;
  readonly packets_received: number;
  readonly bytes_received: number;
}

/** Conversations of a device by service: who opened them and where the other end lies. Bytes are those of frames. */
export interface DocumentServiceUse {
  readonly device: string;
  readonly proto: TransportProtocol;
  readonly service: string;
  readonly internal: boolean;
  readonly conversations: number;
  /** Of these the device was the client. */
  readonly opened: number;
  readonly packets_sent: number;
  readonly bytes_sent: number;
  readonly payload_sent: number;
  readonly packets_received: number;
  readonly bytes_received: number;
  readonly payload_received: number;
}

export interface DocumentBehaviour {
  readonly periods: readonly DocumentPeriod[];
  readonly unreached: readonly DocumentUnreached[];
  /** Newest first. */
  readonly first_seen?: readonly DocumentFirstSeen[];
  /** Newest first. */
  readonly anomalies?: readonly DocumentAnomaly[];
  readonly history?: readonly DocumentHistory[];
  readonly services?: readonly DocumentServiceUse[];
  readonly hours?: readonly DocumentHour[];
  /** Rows of the lists above that were left out because there were too many. */
  readonly left_out?: number;
}
