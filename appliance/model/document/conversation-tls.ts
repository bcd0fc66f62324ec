// What the handshakes of one conversation said, as the analysis document has it.

export const TLS_KINDS = ['version', 'cipher', 'ja4', 'certificate'] as const;
export type TlsKind = (typeof TLS_KINDS)[number];

/** Of the handshakes of one conversation, at most a few of each kind; null where no handshake was seen to say it. */
export interface ConversationTls {
  /** What client and server agreed on: `TLS 1.2`. */
  readonly version: string | null;
  /** IANA number in hexadecimal. */
  readonly cipher: string | null;
  /** Fingerprint of the client. */
  readonly ja4: string | null;
  /** First name of the server's certificate and its issuer: `api.example by Example CA`; readable up to TLS 1.2. */
  readonly certificate: string | null;
  /** Where a handshake came again with another word. */
  readonly further?: readonly string[];
}
