// DNS and mDNS messages (RFC 1035 §4, RFC 6762), written without compression so that a reader can follow the bytes.

export const TYPE = { A: 1, CNAME: 5, PTR: 12, TXT: 16, AAAA: 28, SRV: 33, ANY: 255 } as const;

export interface Question {
  readonly name: string;
  readonly type: number;
}

export interface AnswerRecord {
  readonly name: string;
  readonly type: number;
  readonly seconds: number;
  readonly data: Buffer;
}

const CLASS_IN = 1;
const HEADER_BYTES = 12;

/** Labels with their lengths, ended by the root label (§3.1). */
function encodeName(name: string): Buffer {
  const labels = name.split('.').filter((label) => label !== '');
  const parts = labels.map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, 'utf8')]));
  return Buffer.concat([...parts, Buffer.from([0])]);
}

function encodeQuestion(question: Question): Buffer {
  const tail = Buffer.alloc(4);
  tail.writeUInt16BE(question.type, 0);
  tail.writeUInt16BE(CLASS_IN, 2);
  return Buffer.concat([encodeName(question.name), tail]);
}

function encodeRecord(record: AnswerRecord): Buffer {
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(record.type, 0);
  fixed.writeUInt16BE(CLASS_IN, 2);
  fixed.writeUInt32BE(record.seconds, 4);
  fixed.writeUInt16BE(record.data.length, 8);
  return Buffer.concat([encodeName(record.name), fixed, record.data]);
}

function encodeHeader(id: number, flags: number, questions: number, answers: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE(flags, 2);
  header.writeUInt16BE(questions, 4);
  header.writeUInt16BE(answers, 6);
  return header;
}

/** A question; mDNS asks with id 0 and no recursion (RFC 6762 §18). */
export function encodeQuery(questions: readonly Question[], id = 0, flags = 0): Buffer {
  return Buffer.concat([encodeHeader(id, flags, questions.length, 0), ...questions.map(encodeQuestion)]);
}

/** An unsolicited mDNS announcement: flags QR and AA, answers only (RFC 6762 §8.3). */
export function encodeAnnouncement(records: readonly AnswerRecord[]): Buffer {
  return Buffer.concat([encodeHeader(0, 0x8400, 0, records.length), ...records.map(encodeRecord)]);
}

/** The answer to `query`, with its question repeated; `rcode` 3 is "no such name". */
export function encodeAnswer(query: Buffer, question: Question, records: readonly AnswerRecord[], rcode = 0): Buffer {
  const header = encodeHeader(query.readUInt16BE(0), 0x8580 | rcode, 1, records.length);
  return Buffer.concat([header, encodeQuestion(question), ...records.map(encodeRecord)]);
}

/** The first question of a message, or undefined where there is none. */
export function readQuestion(message: Buffer): Question | undefined {
  if (message.length < HEADER_BYTES + 5 || message.readUInt16BE(4) === 0) return undefined;
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (;;) {
    const length = message[at];
    if (length === undefined || length > 63 || at + 1 + length > message.length) return undefined;
    at += 1;
    if (length === 0) break;
    labels.push(message.toString('utf8', at, at + length));
    at += length;
  }
  if (at + 4 > message.length) return undefined;
  return { name: labels.join('.').toLowerCase(), type: message.readUInt16BE(at) };
}

export function addressRecord(name: string, address: string, seconds = 60): AnswerRecord {
  return { name, type: TYPE.A, seconds, data: Buffer.from(address.split('.').map(Number)) };
}

/** A record whose data is one name: CNAME, PTR. */
export function nameRecord(name: string, type: number, target: string, seconds = 60): AnswerRecord {
  return { name, type, seconds, data: encodeName(target) };
}

export function serviceRecord(name: string, port: number, target: string): AnswerRecord {
  const fixed = Buffer.alloc(6);
  fixed.writeUInt16BE(port, 4);
  return { name, type: TYPE.SRV, seconds: 120, data: Buffer.concat([fixed, encodeName(target)]) };
}

export function textRecord(name: string, entries: readonly string[]): AnswerRecord {
  const data = Buffer.concat(entries.map((entry) => Buffer.from(`${String.fromCharCode(entry.length)}${entry}`)));
  return { name, type: TYPE.TXT, seconds: 4500, data };
}
