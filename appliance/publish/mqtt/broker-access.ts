// How the broker is reached: address, user, certificates, protocol version. Reads the files that the settings name, once at the start.

import type { IClientOptions } from 'mqtt';
import { readPlainFile } from '../../config/plain-file.ts';
import { parseBrokerUrl } from '../../model/broker-url.ts';
import { toError, WeirError } from '../../model/errors.ts';

export interface BrokerAccess {
  /** Empty publishes nothing. */
  readonly url: string;
  readonly username: string;
  readonly password_file: string;
  readonly protocol: '5' | '3.1.1';
  readonly ca_file: string;
  readonly certificate_file: string;
  readonly key_file: string;
}

type FileSetting = 'password_file' | 'ca_file' | 'certificate_file' | 'key_file';

/** Certificates and passwords are small. */
const MAX_FILE_BYTES = 1 << 20;
/** What mqtt.js is given. @throws WeirError CONFIG_INVALID for an address that is none, or a file that cannot be read. */
export function brokerOptions(access: BrokerAccess): IClientOptions {
  const { url, username, protocol, ca_file, certificate_file, key_file } = access;
  const parsed = parseBrokerUrl(url);
  if (parsed === undefined)
    throw invalid('mqtt.url: not an address of a broker', 'Example: mqtt://127.0.0.1:1883 or mqtts://broker.lan:8883');
  if (!parsed.tls && ca_file + certificate_file + key_file !== '')
    throw invalid(
      `mqtt.ca_file, mqtt.certificate_file and mqtt.key_file need TLS, which ${parsed.shown} is not`,
      'Write mqtts:// in mqtt.url, or empty these settings.',
    );
  if ((certificate_file === '') !== (key_file === ''))
    throw invalid('mqtt.certificate_file and mqtt.key_file go together', 'Set both, or none.');
  const password = username === '' ? undefined : read(access, 'password_file')?.trim();
  const [ca, cert, key] = (['ca_file', 'certificate_file', 'key_file'] as const).map((name) => read(access, name));
  return {
    protocolVersion: protocol === '5' ? 5 : 4,
    ...(username === '' ? {} : { username, password: password ?? '' }),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
  };
}

function read(access: BrokerAccess, setting: FileSetting): string | undefined {
  const path = access[setting];
  if (path === '') return undefined;
  try {
    const text = readPlainFile(path, MAX_FILE_BYTES);
    if (text === undefined) throw new Error('there is no such file');
    return text;
  } catch (thrown) {
    throw invalid(
      `mqtt.${setting}: ${path} cannot be read (${toError(thrown).message})`,
      'User weir must be able to read it.',
      thrown,
    );
  }
}

function invalid(what: string, remedy: string, cause?: unknown): WeirError {
  return new WeirError('CONFIG_INVALID', `${what}; nothing is published. ${remedy}`, { cause });
}
