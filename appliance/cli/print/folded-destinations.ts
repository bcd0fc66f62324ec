// Destinations of a document as a person reads them: addresses of one name, place and owner are one line, with the bytes both ways
// and how protected they are.

import type { DocumentConversation, DocumentDestination } from '../../model/analysis-document.ts';
import { ANYCAST_WORD } from '../../model/place-word.ts';
import { isPlainByDesign, type ProtectionWord, protectionWord } from '../../model/protection.ts';
import { printable } from '../../model/text.ts';
import { bytesText } from './print.ts';

interface Folded {
  readonly name: string;
  readonly country: string;
  readonly owner: string;
  addresses: number;
  up: number;
  down: number;
  readonly verdicts: Record<string, number>;
}

export class FoldedDestinations {
  /** By address: bytes by verdict. */
  readonly #verdicts = new Map<string, Record<string, number>>();

  add({ a_ip, b_ip, bytes_ab, bytes_ba, verdict, service, country }: DocumentConversation): void {
    if (country === 'local' || isPlainByDesign(service)) return;
    for (const ip of [a_ip, b_ip]) {
      const verdicts = this.#verdicts.get(ip) ?? {};
      verdicts[verdict] = (verdicts[verdict] ?? 0) + bytes_ab + bytes_ba;
      this.#verdicts.set(ip, verdicts);
    }
  }

  /** The largest first; the name takes what the terminal has left. */
  lines(destinations: readonly DocumentDestination[], width: number): string[] {
    const folded = new Map<string, Folded>();
    for (const destination of destinations) this.#fold(destination, folded);
    const nameWidth = Math.max(20, Math.min(48, width - 72));
    return [...folded.values()]
      .toSorted((a, b) => b.up + b.down - (a.up + a.down))
      .map((row) => lineOf(row, nameWidth).slice(0, width - 2));
  }

  #fold(
    { ip, names, country, org, provider, bytes_up, bytes_down }: DocumentDestination,
    into: Map<string, Folded>,
  ): void {
    const [name, place, owner] = [names[0]?.name ?? ip, country ?? ANYCAST_WORD, provider ?? org ?? 'unknown'];
    const key = [name, place, owner].join('\t');
    const row = into.get(key) ?? { name, country: place, owner, addresses: 0, up: 0, down: 0, verdicts: {} };
    row.addresses++;
    row.up += bytes_up;
    row.down += bytes_down;
    for (const [verdict, bytes] of Object.entries(this.#verdicts.get(ip) ?? {}))
      row.verdicts[verdict] = (row.verdicts[verdict] ?? 0) + bytes;
    into.set(key, row);
  }
}

function lineOf({ name, country, owner, addresses, up, down, verdicts }: Folded, width: number): string {
  const named = addresses === 1 ? name : `${name} (${addresses} addresses)`;
  const bytes = `${bytesText(up).padStart(8)} out ${bytesText(down).padStart(8)} in`;
  return `${fitted(named, width)} ${country.padEnd(11)} ${fitted(owner, 16)} ${bytes}  ${protectionText(protectionWord(verdicts, false))}`;
}

function fitted(text: string, width: number): string {
  return printable(text, width - 1).padEnd(width);
}

function protectionText(word: ProtectionWord): string {
  if (word.says === 'nothing') return 'plain by design';
  if (word.says === 'clear') return `${Math.max(1, Math.round(word.share * 100))} % readable`;
  return word.says === 'most' && word.only ? word.verdict : `mostly ${word.verdict}`;
}
