// Capture signs exports, because it alone holds the key. The list of an export's files comes in pieces over the control socket and is
// hashed here: a digest made elsewhere could be the text of a seal. Only what looks like such a list is taken, and the ledger knows
// of each signature before it is given.

import { createHash, type Hash, type KeyObject } from 'node:crypto';
import net from 'node:net';
import { WeirError } from '../../model/errors.ts';
import { expectOnly, MALFORMED } from '../../model/expected-error.ts';
import { type Clock, formatSeconds } from '../../model/time/clock.ts';
import { lineSplitter } from '../engines/line-splitter.ts';
import type { Ledger } from './ledger.ts';
import { signDigest } from './minisign.ts';

/** Twice what 30,000 segments with their sidecars take. */
const MAX_BYTES = 32 * 1024 * 1024;
/** Lists of exports that capture is given to sign at the same time; the next one is refused until one is done. */
const MAX_LISTS = 8;
/** Below what the socket takes in one line, including everything around it. */
const PIECE_CHARACTERS = 6000;
const TIMEOUT_MS = 10_000;
/** The answer is one short line. */
const MAX_ANSWER_CHARACTERS = 4096;

interface OpenList {
  readonly digest: Hash;
  readonly sha256: Hash;
  bytes: number;
  files: number;
}

export class ExportSigner {
  readonly #ledger: Ledger;
  readonly #clock: Clock;
  readonly #key: KeyObject;
  readonly #appliance: string;
  readonly #lists = new Map<object, OpenList>();

  constructor(ledger: Ledger, clock: Clock, key: KeyObject, appliance: string) {
    this.#ledger = ledger;
    this.#clock = clock;
    this.#key = key;
    this.#appliance = appliance;
  }

  /** Takes the next piece of a connection's list. Throws REQUEST_INVALID where it would be too much. */
  take(client: object, text: string): { bytes: number } {
    const list = this.#lists.get(client) ?? newList();
    if (list.bytes + text.length > MAX_BYTES || (!this.#lists.has(client) && this.#lists.size >= MAX_LISTS)) {
      throw new WeirError('REQUEST_INVALID', 'Request refused: too much to sign. Nothing was signed.');
    }
    this.#lists.set(client, list);
    list.digest.update(text);
    list.sha256.update(text);
    list.bytes += text.length;
    list.files += text.split('\n').length - 1;
    return { bytes: list.bytes };
  }

  /** The `.minisig` of what was taken, once the ledger has the line that records it. */
  async sign(client: object, by: string): Promise<{ signature: string }> {
    const list = this.#lists.get(client);
    this.#lists.delete(client);
    if (list === undefined) throw new WeirError('REQUEST_INVALID', 'Request refused: there is no list to sign.');
    const detail = `signed: SHA256SUMS ${list.sha256.digest('hex')}`;
    this.#ledger.append({ type: 'export', by, files: list.files, detail });
    await this.#ledger.sync();
    const comment = `appliance ${this.#appliance} exported ${formatSeconds(this.#clock.wall())} files ${list.files}`;
    return { signature: signDigest(list.digest.digest(), this.#key, comment) };
  }

  release(client: object): void {
    this.#lists.delete(client);
  }
}

function newList(): OpenList {
  return { digest: createHash('blake2b512'), sha256: createHash('sha256'), bytes: 0, files: 0 };
}

/** Has the capture that listens there sign a list. Rejects with CAPTURE_UNREACHABLE where none does, or it refuses. */
export function askToSign(socketPath: string, list: string, by: string): Promise<string> {
  const requests: string[] = [];
  for (let at = 0; at < list.length; at += PIECE_CHARACTERS) {
    requests.push(JSON.stringify({ verb: 'sign-part', text: list.slice(at, at + PIECE_CHARACTERS) }));
  }
  requests.push(JSON.stringify({ verb: 'sign', by: by.slice(0, 64) }));
  return new Promise((resolve, reject) => {
    const socket = net.connect(socketPath);
    const fail = (why: string): void => {
      socket.destroy();
      const message = `${socketPath}: capture does not sign (${why}), and the key cannot be read by this user. Nothing was exported. Start capture, or export as root.`;
      reject(new WeirError('CAPTURE_UNREACHABLE', message));
    };
    const send = (): void => void socket.write(`${requests.shift()}\n`);
    socket.setTimeout(TIMEOUT_MS, () => fail('no answer'));
    socket.on('error', (error) => fail(error.message));
    socket.on('close', () => fail('the connection was closed'));
    socket.on('connect', send);
    const onLine = lineSplitter(MAX_ANSWER_CHARACTERS, (line) => {
      const signature = signatureOf(line);
      if (signature === undefined) return fail('it refused');
      if (requests.length > 0) return send();
      resolve(signature);
      socket.destroy();
    });
    socket.setEncoding('utf8').on('data', onLine);
  });
}

/** Of an answer; empty for that to a piece, undefined where capture refused. */
function signatureOf(line: string): string | undefined {
  try {
    const answer = JSON.parse(line) as { ok?: unknown; data?: { signature?: unknown } };
    if (answer.ok !== true) return undefined;
    return typeof answer.data?.signature === 'string' ? answer.data.signature : '';
  } catch (thrown) {
    expectOnly(thrown, "reading capture's answer", ...MALFORMED);
    return undefined;
  }
}
