// Adds summaries: of segments in the order of capture, or of devices over the same time. Associative, and the sum over any
// split of a capture equals the summary of the whole. How each field adds is declared in part-fields.ts.

import { earlierContact } from '../packet/contacts.ts';
import { FIELD_LIST, type YieldsFirst } from './part-fields.ts';
import { compareTimes, type Part, type Summary } from './summary.ts';
import { addArrays, mergeTables } from './tables.ts';

/** The neutral element of `mergeSummaries`. */
export function emptySummary(): Summary {
  return { schema: 'weir.summary/1', own: emptyPart(), shared: emptyPart() };
}

export function emptyPart(): Part {
  const entries = FIELD_LIST.flatMap(([name, { empty }]) => (empty === null ? [] : [[name, empty()] as const]));
  return Object.fromEntries(entries) as unknown as Part;
}

/** Of one device: `a` before `b` in capture order. */
export function mergeSummaries(a: Summary, b: Summary): Summary {
  return { schema: a.schema, own: mergeParts(a.own, b.own), shared: mergeParts(a.shared, b.shared) };
}

/** Of several devices of one appliance over the same time: a frame between two of them counts once. */
export function combineDevices(summaries: readonly Summary[]): Summary {
  return { ...emptySummary(), own: summaries.map(countedParts).reduce(combineParts, emptyPart()) };
}

/** Habits are kept of the file's owner alone: what others sent it belongs to them and is in no other file. */
function countedParts({ own, shared }: Summary): Part {
  return {
    ...own,
    hours: mergeTables(own.hours, shared.hours, addArrays),
    contacts: mergeTables(own.contacts, shared.contacts, earlierContact),
  };
}

/** Everything in a device's file, its own and what others sent it. */
export function wholePart(summary: Summary): Part {
  return combineParts(summary.own, summary.shared);
}

/** Parts of the same time: who sent first is decided by the time of the conversation's first packet. */
function combineParts(a: Part, b: Part): Part {
  return mergePart(a, b, (x, y) => compareTimes(y.first_ts, x.first_ts) < 0);
}

function mergeParts(a: Part, b: Part): Part {
  return mergePart(a, b, () => false);
}

/** A field that only one has is taken over; one that neither has stays absent. */
function mergePart(a: Part, b: Part, yFirst: YieldsFirst): Part {
  const merged = FIELD_LIST.flatMap(([name, { merge }]) => {
    const [x, y] = [a[name], b[name]];
    if (x === undefined || y === undefined) return x === y ? [] : [[name, x ?? y] as const];
    return [[name, merge(x, y, yFirst)] as const];
  });
  return Object.fromEntries(merged) as unknown as Part;
}
