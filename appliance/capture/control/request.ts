// From a line on the control socket to a request that is safe to carry out: known verb, known fields, bounded text.

import { ipv4Number } from '../../config/ipv4-network.ts';
import type { CaptureRequest } from '../../model/capture-status.ts';
import { WeirError } from '../../model/errors.ts';
import { expectOnly } from '../../model/expected-error.ts';
import { CAMPAIGN_TEXT, isCampaignEvent } from '../../model/experiment/campaign.ts';
import {
  MARKED_KINDS,
  MAX_COMPANIONS,
  type MarkedKind,
  WINDOW_NAME,
  type WindowAbout,
} from '../../model/experiment/window.ts';
import { type DeviceKey, INFRA, OVERFLOW, parseDevice, parseMac } from '../../model/mac.ts';
import { isInteraction, isPhase } from '../../model/phase.ts';
import { isSegmentPath } from '../../model/segment.ts';
import { printable } from '../../model/text.ts';
import { formatSeconds, parseSeconds } from '../../model/time/clock.ts';
import { FACT_TEXTS, FACT_WORDS, factsOf, IDENTITY_TEXT, type RegistryFacts } from '../../model/user-identity.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Characters of a reason, note or name in the ledger. */
const MAX_TEXT = 256;
/** In the text of a campaign: lines and tabs may be there, nothing else that steers a terminal. */
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;
/** The highest number of a step or attempt of a campaign; a request with a higher one is refused. */
const MAX_STEPS = 1_000_000;

/** Throws REQUEST_INVALID with what is wrong. */
export function parseRequest(line: string): { id: string | number | null; request: CaptureRequest } {
  let fields: Fields;
  try {
    fields = JSON.parse(line) as Fields;
  } catch (thrown) {
    expectOnly(thrown, 'reading a request', SyntaxError);
    throw invalid('a request is one JSON object on one line');
  }
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) throw invalid('a request is an object');
  const id = typeof fields['id'] === 'string' || typeof fields['id'] === 'number' ? fields['id'] : null;
  const { verb } = fields;
  const reader = typeof verb === 'string' && Object.hasOwn(READERS, verb) ? READERS[verb as Verb] : undefined;
  if (reader === undefined) throw invalid(`unknown verb ${printable(String(verb), 40)}`);
  return { id, request: reader(fields) };
}

type Verb = CaptureRequest['verb'];

const READERS: { readonly [V in Verb]: (fields: Fields) => CaptureRequest } = {
  status: () => ({ verb: 'status' }),
  rotate: () => ({ verb: 'rotate' }),
  'sign-part': (fields) => {
    const part = fields['text'];
    // Lines of sha256sum(1) with names that capture or export made.
    if (typeof part !== 'string' || !/^[0-9A-Za-z_./ \n-]+$/.test(part)) throw invalid('text is no list of files');
    return { verb: 'sign-part', text: part };
  },
  sign: (fields) => ({ verb: 'sign', by: text(fields, 'by') }),
  hold: (fields) => ({ verb: 'hold', segments: numbers(fields, 'segments') }),
  pause: (fields) => ({ verb: 'pause', by: text(fields, 'by'), note: text(fields, 'note') }),
  resume: (fields) => ({ verb: 'resume', by: text(fields, 'by') }),
  annotate: (fields) => {
    const annotation = text(fields, 'text');
    if (annotation === '') throw invalid('text is missing');
    return { verb: 'annotate', by: text(fields, 'by'), text: annotation };
  },
  phase: (fields) => {
    const { phase, interaction = 'none' } = fields;
    if (!isPhase(phase)) throw invalid('phase is none of the known ones');
    if (!isInteraction(interaction)) throw invalid('interaction is none of the known ones');
    return { verb: 'phase', phase, interaction, by: text(fields, 'by'), note: text(fields, 'note') };
  },
  'tag-start': (fields) => ({
    verb: 'tag-start',
    tag: name(fields, 'tag'),
    device: device(fields),
    by: text(fields, 'by'),
    ...about(fields),
  }),
  'tag-stop': (fields) => ({ verb: 'tag-stop', tag: name(fields, 'tag'), by: text(fields, 'by') }),
  'tag-cancel': (fields) => ({ verb: 'tag-cancel', tag: name(fields, 'tag'), by: text(fields, 'by') }),
  mark: (fields) => {
    const { kind } = fields;
    if (!MARKED_KINDS.includes(kind as MarkedKind)) throw invalid(`kind is one of ${MARKED_KINDS.join(', ')}`);
    return {
      verb: 'mark',
      kind: kind as MarkedKind,
      name: name(fields, 'name'),
      device: device(fields),
      ...span(fields),
      by: text(fields, 'by'),
      ...about(fields),
    };
  },
  unmark: (fields) => {
    const { line } = fields;
    if (!Number.isSafeInteger(line)) throw invalid('line is a number');
    return { verb: 'unmark', line: line as number, by: text(fields, 'by') };
  },
  campaign: (fields) => {
    const { run, event, step, attempt, text: said } = fields;
    if (typeof run !== 'string' || !/^[0-9A-Za-z_]{1,96}$/.test(run)) throw invalid('run is the name of none');
    if (!isCampaignEvent(event)) throw invalid('event is none of the known ones');
    if (!isCount(step) || !isCount(attempt)) throw invalid('step and attempt are whole numbers');
    if (typeof said !== 'string' || said.length > CAMPAIGN_TEXT || CONTROL.test(said))
      throw invalid(`text is text of at most ${CAMPAIGN_TEXT} letters`);
    const withdrawn = (fields['withdrawn'] ?? null) === null ? null : name(fields, 'withdrawn');
    const where = { run, event, step, attempt, device: device(fields) };
    return { verb: 'campaign', ...where, by: text(fields, 'by'), text: said, withdrawn };
  },
  identify: (fields) => {
    const key = device(fields);
    if (key === null) throw invalid('device is a MAC address');
    const said = { name: short(fields, 'name'), vendor: short(fields, 'vendor'), category: short(fields, 'category') };
    return { verb: 'identify', device: key, ...said, ...facts(fields), by: text(fields, 'by') };
  },
  packet: (fields) => {
    const { path, sha256, packet, reveal } = fields;
    if (!isSegmentPath(path)) throw invalid('path is none of a segment');
    if (sha256 !== null && !(typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256)))
      throw invalid('sha256 is 64 hexadecimal digits or null');
    if (!Number.isSafeInteger(packet) || (packet as number) < 1) throw invalid('packet is a number from 1');
    if (typeof reveal !== 'boolean') throw invalid('reveal is true or false');
    return { verb: 'packet', path, sha256, packet: packet as number, reveal, by: text(fields, 'by') };
  },
  'set-aside': (fields) => {
    const finding = text(fields, 'finding');
    if (finding === '') throw invalid('finding is missing');
    return { verb: 'set-aside', finding, reason: text(fields, 'reason').trim(), by: text(fields, 'by') };
  },
  forget: (fields) => {
    const key = device(fields);
    if (key === null || key === INFRA || key === OVERFLOW) throw invalid('device is a MAC address');
    return { verb: 'forget', device: key, by: text(fields, 'by'), reason: text(fields, 'reason').trim() };
  },
  'scan-start': (fields) => ({
    verb: 'scan-start',
    scan: word(fields, 'scan'),
    device: device(fields),
    address: address(fields),
    profile: word(fields, 'profile'),
    by: text(fields, 'by'),
  }),
  'scan-end': (fields) => {
    const { until, sha256 } = fields;
    if (typeof until !== 'string' || parseSeconds(until) === undefined) throw invalid('until is decimal seconds');
    if (typeof sha256 !== 'string' || !/^([0-9a-f]{64})?$/.test(sha256)) throw invalid('sha256 is none');
    const said = { scan: word(fields, 'scan'), device: device(fields), state: word(fields, 'state') };
    return { verb: 'scan-end', ...said, until, sha256 };
  },
  note: (fields) => {
    const { type, files } = fields;
    if (type !== 'export' && type !== 'download') throw invalid('type is export or download');
    if (!Number.isSafeInteger(files)) throw invalid('files is a number');
    return { verb: 'note', type, files: files as number, by: text(fields, 'by'), detail: text(fields, 'detail') };
  },
};

function text(fields: Fields, name: string): string {
  const value = fields[name] ?? '';
  if (typeof value !== 'string' || value.length > MAX_TEXT)
    throw invalid(`${name} is text of at most ${MAX_TEXT} letters`);
  return printable(value);
}

function numbers(fields: Fields, name: string): readonly number[] {
  const value = fields[name];
  if (!Array.isArray(value) || !value.every((one) => Number.isSafeInteger(one) && one >= 0))
    throw invalid(`${name} is a list of numbers`);
  return value as number[];
}

function short(fields: Fields, name: string): string {
  const value = text(fields, name).trim();
  if (value.length > IDENTITY_TEXT) throw invalid(`${name} is text of at most ${IDENTITY_TEXT} letters`);
  return value;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= MAX_STEPS;
}

function facts(fields: Fields): RegistryFacts {
  const texts = Object.fromEntries(FACT_TEXTS.map((field) => [field, short(fields, field)]));
  for (const [field, words] of Object.entries(FACT_WORDS)) {
    const value = fields[field];
    if (value !== undefined && !words.some((word) => word === value))
      throw invalid(`${field} is one of ${words.join(', ')}`);
  }
  return factsOf({ ...fields, ...texts });
}

const NAME = new RegExp(WINDOW_NAME);

function name(fields: Fields, field: string): string {
  const value = fields[field];
  if (typeof value !== 'string' || !NAME.test(value)) {
    throw invalid(`${field} is 1 to 64 letters, digits or underscores`);
  }
  return value;
}

function span(fields: Fields): { from: string; to: string } {
  const { from, to } = fields;
  const [begin, end] = [from, to].map((time) => (typeof time === 'string' ? parseSeconds(time) : undefined));
  if (begin === undefined || end === undefined) throw invalid('from and to are decimal seconds since 1970');
  if (begin >= end) throw invalid('to is not later than from');
  return { from: formatSeconds(begin), to: formatSeconds(end) };
}

/** Only what is said: lines of tags of which nothing is said stay as they were. */
function about(fields: Fields): WindowAbout {
  const { interaction, companions } = fields;
  if (interaction !== undefined && !isInteraction(interaction)) throw invalid('interaction is none of the known ones');
  const note = text(fields, 'note');
  return {
    ...(interaction === undefined ? {} : { interaction }),
    ...(companions === undefined ? {} : { companions: macs(companions) }),
    ...(note === '' ? {} : { note }),
  };
}

function macs(value: unknown): readonly string[] {
  const list = Array.isArray(value) && value.length <= MAX_COMPANIONS ? value : undefined;
  const found = list?.map((one) => (typeof one === 'string' ? parseMac(one) : undefined));
  if (found === undefined || !found.every((mac) => mac !== undefined))
    throw invalid(`companions is a list of at most ${MAX_COMPANIONS} MAC addresses`);
  return found;
}

/** Of a scan: made by the appliance, and part of a file's name. */
function word(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string' || !/^[A-Za-z0-9-]{1,64}$/.test(value))
    throw invalid(`${name} is 1 to 64 letters, digits or dashes`);
  return value;
}

function address(fields: Fields): string {
  const value = fields['address'];
  if (typeof value !== 'string' || ipv4Number(value) === undefined) throw invalid('address is an IPv4 address');
  return value;
}

function device(fields: Fields): DeviceKey | null {
  const value = fields['device'] ?? null;
  if (value === null) return null;
  const key = typeof value === 'string' ? parseDevice(value) : undefined;
  if (key === undefined) throw invalid('device is a MAC address or null');
  return key;
}

function invalid(what: string): WeirError {
  return new WeirError('REQUEST_INVALID', `Request refused: ${what}. Nothing was changed.`);
}
