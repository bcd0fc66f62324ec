// Reads the tester's planted secrets for the analyzers. The file belongs to the tester and is never copied.
import { readPlainFile } from '../../config/plain-file.ts';
import { toError, WeirError } from '../../model/errors.ts';
import { type PlantedSecret, Vault, vaultRefusal } from './vault.ts';

/** In the data folder: `name: value` a line, `#` begins a comment line. */
export const VAULT_FILE = 'vault.txt';
/** Thousands of secrets; more could not be searched for anyway. */
const MAX_BYTES = 1024 * 1024;

/**
 * @returns an empty vault where there is no file
 * @throws WeirError CONFIG_INVALID, with the line and never with a value; FILE_UNREADABLE
 */
export function readVault(path: string): Vault {
  const secrets = parseVault(readText(path), path);
  const refusal = vaultRefusal(secrets);
  if (refusal !== undefined) throw new WeirError('CONFIG_INVALID', `${path}: ${refusal}.`);
  return new Vault(secrets);
}

function readText(path: string): string {
  try {
    return readPlainFile(path, MAX_BYTES) ?? '';
  } catch (thrown) {
    throw new WeirError('FILE_UNREADABLE', `${path} cannot be read (${toError(thrown).message}).`, { cause: thrown });
  }
}

function parseVault(text: string, path: string): PlantedSecret[] {
  return text.split('\n').flatMap((line, index) => {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) return [];
    const colon = trimmed.indexOf(':');
    const name = trimmed.slice(0, colon).trim();
    const value = trimmed.slice(colon + 1).trim();
    if (colon > 0 && name.length <= 40 && value !== '') return [{ name, value }];
    throw new WeirError(
      'CONFIG_INVALID',
      `${path} line ${index + 1}: expected \`name: value\`, the name at most 40 characters long.`,
    );
  });
}
