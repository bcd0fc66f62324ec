// weir cert: the certificate of the page, for programs that shall trust it: Prometheus, Home Assistant, curl.

import type { Command } from 'commander';
import type { CertificateResponse } from '../../publish/schemas/access.ts';
import { configOption } from '../config-option.ts';
import type { LocalOptions } from '../local-api.ts';

interface CertOptions extends LocalOptions {
  readonly fingerprint?: boolean;
}

export function declareCert(weir: Command): void {
  weir
    .command('cert')
    .description('Print the certificate of the page (PEM) on standard output, followed by its fingerprints.')
    .addOption(configOption())
    .option('--fingerprint', 'only the SHA-256 of its public key')
    .option('--json', 'the answer as JSON')
    .action(run);
}

async function run(options: CertOptions): Promise<void> {
  const { askAppliance } = await import('../local-api.ts');
  const certificate = await askAppliance<CertificateResponse>(options, 'GET', '/api/v1/certificate');
  if (options.json === true) process.stdout.write(`${JSON.stringify(certificate, null, 2)}\n`);
  else if (options.fingerprint === true) process.stdout.write(`${certificate.key_sha256}\n`);
  else {
    process.stderr.write(certificateText(certificate));
    process.stdout.write(certificate.pem);
  }
}

function certificateText(certificate: CertificateResponse): string {
  const rows = [
    ['public key', `${certificate.key_sha256} (SHA-256; stays when Weir renews the certificate)`],
    ['curl', `--pinnedpubkey ${certificate.curl_pin}`],
    ['certificate', `${certificate.certificate_sha256} (SHA-256)`],
    ['valid', `${certificate.valid_from} to ${certificate.valid_until}`],
    ['for', certificate.names.join(' ')],
    ['made by', certificate.made_by === 'weir' ? 'Weir' : 'the files of http.certificate_file'],
  ];
  return rows.map(([name = '', text = '']) => `${name.padEnd(12)}${text}\n`).join('');
}
