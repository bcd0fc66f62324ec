// The certificate of the page: the operator's own from two files, else one that Weir makes for its own names and renews in time with the
// same key. A Pi has no clock at its first boot: the certificate begins on the day this program was built.

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { toError, WeirError } from '../../../model/errors.ts';
import { CARD, expectOnly, orElse } from '../../../model/expected-error.ts';
import { PAGE_CERTIFICATE_FILE } from '../../../model/files/access-files.ts';
import { openPageKey, publicKeyFingerprint } from '../../../provision/page-key.ts';
import { readOptional, writeIfChanged } from '../../../provision/small-files.ts';
import type { CertificateResponse } from '../../schemas/access.ts';
import { selfSigned } from './self-signed.ts';

const DAY_MS = 86_400_000;
/** Apple's systems take no longer ones (support article 103769). */
const VALID_MS = 825 * DAY_MS;
/** A build older than this is no good beginning: too little would be left. */
const OLD_BUILD_MS = 400 * DAY_MS;
const RENEW_BEFORE_MS = 60 * DAY_MS;

export interface CertificateSettings {
  readonly dataDir: string;
  /** Empty for one that Weir makes. */
  readonly certificateFile: string;
  readonly keyFile: string;
  /** Host names from the settings. */
  readonly hosts: readonly string[];
  readonly buildDate: Date;
}

export interface KeyAndCertificate {
  readonly key: string;
  readonly cert: string;
}

export class PageCertificate {
  readonly #settings: CertificateSettings;
  readonly #wall: () => number;
  #current: KeyAndCertificate | undefined;
  /** Of the operator's files, when they were read. */
  #readTimes = '';

  /** `wall`: milliseconds since 1970. */
  constructor(settings: CertificateSettings, wall: () => number = Date.now) {
    this.#settings = settings;
    this.#wall = wall;
  }

  /**
   * The certificate to use from now on; undefined where it is the same as before.
   * @throws WeirError CONFIG_INVALID for files that are none or do not belong together, FILE_UNREADABLE for a damaged key.
   */
  async refresh(): Promise<KeyAndCertificate | undefined> {
    const { certificateFile, keyFile } = this.#settings;
    const isOwn = certificateFile !== '' || keyFile !== '';
    const fresh = isOwn ? this.#readOwn(certificateFile, keyFile) : await this.#make();
    if (fresh === undefined || fresh.cert === this.#current?.cert) return undefined;
    this.#current = fresh;
    return fresh;
  }

  /** Its facts. */
  view(): CertificateResponse {
    if (this.#current === undefined) throw new TypeError('asked before the start');
    const certificate = new X509Certificate(this.#current.cert);
    const key = publicKeyFingerprint(certificate.publicKey);
    return {
      pem: this.#current.cert,
      made_by: this.#settings.certificateFile === '' ? 'weir' : 'operator',
      key_sha256: key.toString('hex'),
      curl_pin: `sha256//${key.toString('base64')}`,
      certificate_sha256: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
      valid_from: new Date(certificate.validFrom).toISOString(),
      valid_until: new Date(certificate.validTo).toISOString(),
      names: (certificate.subjectAltName ?? '').split(', ').map((name) => name.replace(/^(DNS|IP Address):/, '')),
    };
  }

  async #make(): Promise<KeyAndCertificate> {
    const { dataDir } = this.#settings;
    const path = join(dataDir, PAGE_CERTIFICATE_FILE);
    const { pem } = await openPageKey(dataDir);
    const kept = this.#current?.cert ?? readOptional(path);
    if (kept !== undefined && this.#isGood(kept, pem)) return { key: pem, cert: kept };
    const from = this.#firstDay();
    const cert = selfSigned({
      key: createPrivateKey(pem),
      names: this.#names(),
      addresses: ownAddresses(),
      from,
      until: new Date(from.getTime() + VALID_MS),
    });
    // Where it cannot be kept it is regenerated at the next start: the key, which counts, is the same.
    await writeIfChanged(path, cert, { mode: 0o644 }).catch(
      orElse(undefined, "keeping the page's certificate", ...CARD),
    );
    return { key: pem, cert };
  }

  /** Addresses change with leases and are no reason: each renewal makes browsers ask again. */
  #isGood(pem: string, key: string): boolean {
    try {
      const certificate = new X509Certificate(pem);
      const now = this.#wall();
      const [from, until] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
      const isEarly = now < from && from > this.#settings.buildDate.getTime();
      const known = new Set(certificate.subjectAltName?.split(', '));
      const hasNames = this.#names().every((name) => known.has(`DNS:${name}`));
      return (
        !isEarly && now < until - RENEW_BEFORE_MS && hasNames && certificate.checkPrivateKey(createPrivateKey(key))
      );
    } catch (thrown) {
      expectOnly(thrown, "reading the page's certificate", /^ERR_OSSL|^ERR_CRYPTO/);
      return false;
    }
  }

  #firstDay(): Date {
    const built = this.#settings.buildDate.getTime();
    const now = this.#wall();
    return new Date(now - built > OLD_BUILD_MS ? now - DAY_MS : built);
  }

  #names(): string[] {
    const own = hostname().toLowerCase();
    const isName = (host: string) =>
      /^(?=.*[a-z])[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/.test(host) && host.length <= 253;
    return [
      ...new Set([`${own}.local`, own, 'localhost', ...this.#settings.hosts.map((host) => host.toLowerCase())]),
    ].filter(isName);
  }

  #readOwn(certificateFile: string, keyFile: string): KeyAndCertificate | undefined {
    try {
      const times = [certificateFile, keyFile].map((path) => statSync(path).mtimeMs).join(' ');
      if (times === this.#readTimes) return undefined;
      const [cert, key] = [readFileSync(certificateFile, 'utf8'), readFileSync(keyFile, 'utf8')];
      const isPair = new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
      if (!isPair) throw new TypeError('the key is not that of the certificate');
      this.#readTimes = times;
      return { key, cert };
    } catch (thrown) {
      const message = `http.certificate_file, http.key_file: ${toError(thrown).message}; the page was not opened. Name both files, readable by user weir, or none.`;
      throw new WeirError('CONFIG_INVALID', message, { cause: thrown });
    }
  }
}

function ownAddresses(): string[] {
  const entries = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return [...new Set(entries.map(({ address }) => address))].slice(0, 32);
}
