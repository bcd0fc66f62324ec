// The fixed words of the model as a person reads them. Whatever is not in a table is shown as it came, escaped by the caller.

export { countryName } from '../../../appliance/model/place-word.ts';

const PHASES: Readonly<Record<string, string>> = {
  unknown: 'Unknown',
  unlabelled: 'Unlabelled',
  setup: 'Set-up',
  idle: 'Idle',
  intensive: 'Intensive',
  scan: 'Scan',
  proxy: 'Proxy',
};

const INTERACTIONS: Readonly<Record<string, string>> = {
  unknown: 'Interaction unknown',
  none: 'No interaction',
  lan_app: 'App, same network',
  wan_app: 'App, through the cloud',
  voice: 'Voice assistant',
  physical: 'By hand',
};

export const phaseName = (phase: string): string => PHASES[phase] ?? phase;
export const interactionName = (interaction: string): string => INTERACTIONS[interaction] ?? interaction;

/** How a verdict is drawn: what is protected, what is readable, and what is unknown. */
type VerdictTone = 'good' | 'bad' | 'warn' | 'odd' | 'none';

interface VerdictWords {
  readonly name: string;
  readonly tone: VerdictTone;
  readonly meaning: string;
}

const VERDICTS: Readonly<Record<string, VerdictWords>> = {
  encrypted: { name: 'Encrypted', tone: 'good', meaning: 'The protocol proves it (TLS, DTLS, QUIC, SSH, WireGuard).' },
  upgraded: { name: 'Upgraded', tone: 'good', meaning: 'Starts readable and turns encrypted.' },
  cleartext: { name: 'Cleartext', tone: 'bad', meaning: 'Anyone on the path can read it.' },
  'compressed-in-clear': {
    name: 'Compressed, in the clear',
    tone: 'bad',
    meaning: 'Media or compression inside an open protocol: high entropy, and still readable.',
  },
  encoded: {
    name: 'Encoded',
    tone: 'warn',
    meaning:
      'An encoding or a weak cipher, for instance Base64 or XOR: readable without a key, or with the device’s own.',
  },
  opaque: { name: 'Opaque', tone: 'odd', meaning: 'Uniform bytes without proof: ciphertext or compressed media.' },
  undetermined: { name: 'Undetermined', tone: 'none', meaning: 'The evidence points both ways.' },
  insufficient: { name: 'Too little data', tone: 'none', meaning: 'Below 256 bytes without a known protocol.' },
  no_payload: { name: 'No payload', tone: 'none', meaning: 'Only headers were exchanged.' },
};

export function verdictWords(verdict: string): VerdictWords {
  return Object.hasOwn(VERDICTS, verdict)
    ? (VERDICTS[verdict] as VerdictWords)
    : { name: verdict, tone: 'none', meaning: '' };
}

/** The order in which verdict summaries are read: problem first. */
export const VERDICT_ORDER: readonly string[] = [
  'cleartext',
  'compressed-in-clear',
  'encoded',
  'opaque',
  'undetermined',
  'insufficient',
  'no_payload',
  'upgraded',
  'encrypted',
];

/** A mean of packets as the threshold sees it: three digits that never round it across 7. */
export function meanText(bitsPerByte: number | null): string {
  if (bitsPerByte === null) return 'no payload';
  const text = bitsPerByte.toFixed(3);
  return bitsPerByte > 7 && text === '7.000' ? '> 7.000' : text;
}

/** The paper's rule as one sentence (Wu, Breitinger, Niemann 2021): 7 or below is suspicious. */
export function threshold7Words(answer: string): string {
  if (answer === 'above') return 'above 7';
  if (answer === 'at_or_below') return '7 or below';
  return 'no payload';
}
