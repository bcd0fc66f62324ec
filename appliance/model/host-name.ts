// One spelling for a name of a host, wherever it was found: DNS, TLS, HTTP, a certificate. Used where facts are gathered
// (analysis/inspect/collector.ts), so that tables, caps and findings count a name once.
import { domainToASCII, domainToUnicode } from 'node:url';
import { parseMac } from './mac.ts';

/** Nothing to fold in most names: then no text is made. */
const NEEDS_FOLDING = /[A-Z.\u0080-\uffff]$|[A-Z\u0080-\uffff]/;
/** Letters of a host name, wildcard and service labels included; with blanks it is a title, not a host's name. */
const HOST_LETTERS = /^[A-Za-z0-9._*\u0080-\uffff-]+$/;
const BEYOND_ASCII = /[\u0080-\uffff]/;

/**
 * Lower case (RFC 4343), no dot at the end (RFC 6066 §3), internationalised labels as A-labels (RFC 5891 §4.4). Names of
 * mDNS stay UTF-8 (RFC 6762 §16). What IDNA refuses keeps its letters.
 */
export function foldHostName(name: string): string {
  if (!NEEDS_FOLDING.test(name)) return name;
  const lower = withoutDot(name.normalize('NFC').toLowerCase());
  if (!BEYOND_ASCII.test(lower) || !HOST_LETTERS.test(lower) || lower.endsWith('.local')) return lower;
  const ascii = domainToASCII(lower);
  return ascii === '' ? lower : ascii;
}

function withoutDot(name: string): string {
  return name.length > 1 && name.endsWith('.') ? name.slice(0, -1) : name;
}

/** Host and port as a Host field has them: the host unescaped and folded, the port kept (`api.example.com:8080`). */
export function foldAuthority(authority: string): string {
  const { host, port } = splitAuthority(authority);
  return foldHostName(unescapeHost(host)) + port;
}

/**
 * A registered name may be percent-encoded UTF-8 (RFC 3986 §3.2.2). What would give other characters than a name has, or
 * is no valid escape, stays as it was sent: then the result holds no escape that a second call would read.
 */
function unescapeHost(host: string): string {
  if (!host.includes('%')) return host;
  try {
    const plain = decodeURIComponent(host);
    return HOST_LETTERS.test(plain) ? plain : host;
  } catch (thrown) {
    if (!(thrown instanceof URIError)) throw thrown;
    return host;
  }
}

/** `[2001:db8::1]:80` and `name:80` in two; `port` begins with its colon or is empty. */
export function splitAuthority(authority: string): { readonly host: string; readonly port: string } {
  const bracket = authority.startsWith('[') ? authority.indexOf(']') : 0;
  const colon = authority.indexOf(':', Math.max(0, bracket));
  if (bracket < 0 || colon < 0 || colon !== authority.lastIndexOf(':')) {
    return bracket > 0 && colon > bracket
      ? { host: authority.slice(0, colon), port: authority.slice(colon) }
      : { host: authority, port: '' };
  }
  return { host: authority.slice(0, colon), port: authority.slice(colon) };
}

/** As people write it, where that differs: `bücher.example` of `xn--bcher-kva.example`; never shown alone, as letters may deceive. */
export function unicodeHostName(name: string): string | undefined {
  if (!name.includes('xn--')) return undefined;
  const unicode = domainToUnicode(name);
  return unicode === '' || unicode === name ? undefined : unicode;
}

const INTERFACE =
  /^(?:lo|(?:wlan|eth|ath|ra|en|wl|usb|br|ap)\d{1,2}|wl[ap][a-z0-9]{1,14}|en[ops][a-z0-9]{1,14}|br-lan)$/;
/** What firmware says where nothing was set. */
const UNSET = new Set([
  '',
  '(none)',
  'none',
  'null',
  '(null)',
  'nil',
  'undefined',
  'unknown',
  'n/a',
  'noname',
  'hostname',
]);
/** A hardware address as Cisco writes it. */
const DOTTED_MAC = /^[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}$/;
const ADDRESS = /^(?:\[?[0-9a-f:]*:[0-9a-f:.]*\]?|\d{1,3}(?:\.\d{1,3}){3})$/;

/** Whether a text names nothing: an interface's name, a hardware or IP address, an unset name. */
export function isNoName(name: string): boolean {
  const lower = withoutDot(name.trim().toLowerCase());
  const label = lower.split('.', 1)[0] ?? '';
  if (UNSET.has(lower) || INTERFACE.test(label) || DOTTED_MAC.test(lower) || label === 'localhost') return true;
  return ADDRESS.test(lower) || parseMac(label) !== undefined || label.startsWith('fe80-') || lower.endsWith('.arpa');
}
