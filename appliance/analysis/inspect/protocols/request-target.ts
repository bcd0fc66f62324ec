// Where a request goes and what it asks for, whichever of the four forms its target has (RFC 9112 §3.2). Called by
// http-facts.ts.
import { fieldValue, type TextHead } from '../../../decode/protocols/http.ts';
import { foldAuthority } from '../../../model/host-name.ts';

export interface RequestTarget {
  /** Folded, with the port where one is written; empty where nobody said. */
  readonly authority: string;
  /** Path and query; empty for CONNECT, `*` for OPTIONS. */
  readonly path: string;
  /** `user:password` before the host: deprecated (RFC 9110 §4.2.4), and sent by some devices all the same. */
  readonly userinfo: string;
}

/** A target with scheme or authority says the host; then the Host field counts for nothing (RFC 9112 §3.2.2). */
export function requestTarget(head: TextHead): RequestTarget {
  const { method, target } = head;
  if (method === 'CONNECT') return { ...readAuthority(target), path: '' };
  const scheme = schemeEnd(target);
  if (scheme === 0) return { ...readAuthority(fieldValue(head, 'host') ?? ''), path: plainPath(target) };
  const end = authorityEnd(target, scheme);
  const rest = target.slice(end);
  return { ...readAuthority(target.slice(scheme, end)), path: plainPath(rest.startsWith('/') ? rest : `/${rest}`) };
}

/**
 * One spelling of a path: what needs no escape has none (RFC 3986 §6.2.2.2; `:` and `@` need none in a path, §3.3). Fields of the
 * query are read later, where an escaped `&` must not part them.
 */
function plainPath(target: string): string {
  if (!target.includes('%')) return target;
  const query = target.indexOf('?');
  const end = query < 0 ? target.length : query;
  return target.slice(0, end).replaceAll(/%[0-9a-f]{2}/gi, plainCharacter) + target.slice(end);
}

function plainCharacter(escape: string): string {
  const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16));
  return /[A-Za-z0-9._~:@-]/.test(character) ? character : escape.toUpperCase();
}

/** Where the authority of `http://…` begins; 0 where the target has none (a path may hold `://` as well). */
function schemeEnd(target: string): number {
  return /^[a-z][a-z0-9+.-]{0,15}:\/\//i.exec(target)?.[0].length ?? 0;
}

function authorityEnd(target: string, start: number): number {
  for (let at = start; at < target.length; at++) if ('/?#'.includes(target[at]!)) return at;
  return target.length;
}

/** RFC 3986 §3.2: what precedes the last `@` is not part of the host. */
function readAuthority(text: string): { readonly authority: string; readonly userinfo: string } {
  const at = text.lastIndexOf('@');
  return { authority: foldAuthority(text.slice(at + 1).trim()), userinfo: text.slice(0, Math.max(0, at)) };
}
