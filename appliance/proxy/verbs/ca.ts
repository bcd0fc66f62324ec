// weir proxy ca: the authority's certificate, for putting it on a phone, and its fingerprint, for comparing it there.

import type { Command } from 'commander';
import { WeirError } from '../../model/errors.ts';
import { authorityCertificate, CERTIFICATE_FILE } from '../engine/authority.ts';
import { DIR_OPTION, type FolderOption } from '../places.ts';

export function declareCa(proxy: Command): void {
  proxy
    .command('ca')
    .description("The authority's certificate (PEM) on standard output, its fingerprint on standard error.")
    .option(...DIR_OPTION)
    .action(({ dir }: FolderOption) => {
      const certificate = authorityCertificate(dir);
      if (certificate === undefined) {
        throw new WeirError(
          'FILE_UNREADABLE',
          `${dir}/${CERTIFICATE_FILE}: there is no authority yet. The proxy makes it when it starts first: weir proxy start`,
        );
      }
      process.stderr.write(`SHA-256 ${certificate.sha256}\n`);
      process.stdout.write(certificate.pem);
    });
}
