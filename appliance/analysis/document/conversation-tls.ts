// What the handshakes of one conversation said, out of the marks that inspect/protocols/tls.ts left. Called by conversations.ts.

import { type ConversationTls, TLS_KINDS, type TlsKind } from '../../model/analysis-document.ts';

const MARK = 'with:';

/** Undefined where no handshake was read. */
export function conversationTls(marks: readonly string[]): ConversationTls | undefined {
  const reported = marks.filter((mark) => mark.startsWith(MARK)).map((mark) => mark.slice(MARK.length));
  if (reported.length === 0) return undefined;
  const of = (kind: TlsKind) => reported.find((word) => word.startsWith(`${kind} `))?.slice(kind.length + 1) ?? null;
  const [version, cipher, ja4, certificate] = TLS_KINDS.map(of);
  const first = TLS_KINDS.map((kind) => `${kind} ${of(kind) ?? ''}`);
  const further = reported.filter((word) => !first.includes(word));
  const tls = { version: version ?? null, cipher: cipher ?? null, ja4: ja4 ?? null, certificate: certificate ?? null };
  return further.length === 0 ? tls : { ...tls, further };
}
