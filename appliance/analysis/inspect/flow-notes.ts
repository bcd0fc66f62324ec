// What listeners said about a conversation, while it sleeps and on its way to the next segment. Owned by flows.ts.

import type { NotesCarry } from '../summary/carry.ts';
import { table } from '../summary/summary.ts';
import type { FlowNotes } from './collector.ts';

export function packNotes(notes: FlowNotes | undefined): NotesCarry | null {
  return notes === undefined ? null : { ...notes, marks: [...notes.marks] };
}

export function unpackNotes({ service, proof, marks, names }: NotesCarry): FlowNotes {
  const nameCount = Object.keys(names).length;
  return { service, proof, marks: new Set(marks), names: Object.assign(table<number>(), names), nameCount };
}

/** Of sleeping rows, by part, as JSON; equal texts are one. */
export class SleepingNotes {
  readonly #byPart: readonly (string | undefined)[][] = [[], []];
  readonly #texts = new Map<string, string>();

  keep(row: number, part: number, notes: FlowNotes | undefined): void {
    const packed = packNotes(notes);
    this.#byPart[part]![row] = packed === null ? undefined : this.#oneText(JSON.stringify(packed));
  }

  #oneText(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    this.#texts.set(text, text);
    return text;
  }

  look(row: number, part: number): FlowNotes | undefined {
    const text = this.#byPart[part]![row];
    return text === undefined ? undefined : unpackNotes(JSON.parse(text));
  }

  take(row: number, part: number): FlowNotes | undefined {
    const notes = this.look(row, part);
    this.#byPart[part]![row] = undefined;
    return notes;
  }
}
