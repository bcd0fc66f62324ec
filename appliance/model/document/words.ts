// The words of the analysis document: what a verdict, a threshold, a severity may be. analysis-document.ts passes them on.

export type TransportProtocol = 'tcp' | 'udp';

/** `encrypted` only where a protocol proves it; `opaque` is what cannot be distinguished from ciphertext. DESIGN §5. */
export const VERDICTS = [
  'encrypted',
  'upgraded',
  'cleartext',
  'compressed-in-clear',
  'encoded',
  'opaque',
  'undetermined',
  'insufficient',
  'no_payload',
] as const;
export type Verdict = (typeof VERDICTS)[number];

/** The paper's answer, always next to ours: entropy above 7 bits per byte or not. */
export type Threshold7 = 'above' | 'at_or_below' | 'no_payload';

/**
 * Who can read the content: anybody who listens (`without_key`: plain, or under a published key), who has the key of this one
 * device (`device_key`), nobody (`no`, proven encryption). Null if the payload does not show it.
 */
export type Readable = 'without_key' | 'device_key' | 'no';

/** What the payload shows: could a listener read it? `unknown` where it proves neither. */
export type PayloadSays = 'protected' | 'readable' | 'unknown';

/** The secure-port list's word against the payload's; `open` where the payload proves neither. */
export type PortCheckResult = 'agreement' | 'contradiction' | 'open';

export type Severity = 'low' | 'medium' | 'high';

export type Counts = Readonly<Record<string, number>>;
