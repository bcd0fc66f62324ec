// Reads the user's word list for the analyzers: next to the vault in the data folder, or any file on a command line.
import { readPlainFile } from '../../config/plain-file.ts';
import { toError, WeirError } from '../../model/errors.ts';
import { MAX_WORD_BYTES, type OwnWord, WORD_KINDS, type WordKind, WordList, wordsRefusal } from './word-list.ts';

/** In the data folder: a word a line, or `key: kind`; `#` begins a comment line. UTF-8. */
export const WORDS_FILE = 'words.txt';
/** A word list is read whole into memory. */
const MAX_BYTES = 256 * 1024;

/**
 * @returns an empty list where there is no file and `isNeeded` does not ask for one
 * @throws WeirError CONFIG_INVALID, with file and line; FILE_UNREADABLE
 */
export function readWords(path: string, isNeeded = false): WordList {
  const text = readText(path);
  if (text === undefined && isNeeded) throw new WeirError('FILE_UNREADABLE', `${path} cannot be read (no such file).`);
  const words = parseWords(text ?? '', path);
  const refusal = wordsRefusal(words);
  if (refusal !== undefined) throw new WeirError('CONFIG_INVALID', `${path}: ${refusal}.`);
  return new WordList(words);
}

function readText(path: string): string | undefined {
  try {
    return readPlainFile(path, MAX_BYTES);
  } catch (thrown) {
    throw new WeirError('FILE_UNREADABLE', `${path} cannot be read (${toError(thrown).message}).`, { cause: thrown });
  }
}

function parseWords(text: string, path: string): OwnWord[] {
  return text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .flatMap((line, index) => {
      const trimmed = line.trim();
      return trimmed === '' || trimmed.startsWith('#') ? [] : [parseLine(trimmed, `${path}:${index + 1}`)];
    });
}

function parseLine(line: string, place: string): OwnWord {
  const refuse = (text: string) => new WeirError('CONFIG_INVALID', `${place}: ${text}`);
  if (line.includes('\uFFFD')) throw refuse('not UTF-8. Save the file as UTF-8.');
  const colon = line.lastIndexOf(':');
  const word = (colon < 0 ? line : line.slice(0, colon)).trim();
  const kind = colon < 0 ? undefined : line.slice(colon + 1).trim();
  if (word === '' || Buffer.byteLength(word) > MAX_WORD_BYTES)
    throw refuse(`expected a word or \`key: kind\`, the word at most ${MAX_WORD_BYTES} bytes long.`);
  if (kind !== undefined && !isKind(kind))
    throw refuse(`no such kind: \`${kind.slice(0, 40)}\`. The kinds are ${WORD_KINDS.join(', ')}.`);
  return { word, kind };
}

function isKind(text: string): text is WordKind {
  return WORD_KINDS.some((kind) => kind === text);
}
