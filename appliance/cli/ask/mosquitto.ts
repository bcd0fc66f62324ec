// weir mosquitto: the configuration and the ACL of a mosquitto for this appliance.

import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { StatusResponse } from '../../publish/schemas/status.ts';
import { configOption } from '../config-option.ts';
import type { LocalOptions } from '../local-api.ts';
import { printAnswer } from '../print/answer.ts';

interface MosquittoOptions extends LocalOptions {
  readonly port?: string;
  readonly tls?: boolean;
}

export function declareMosquitto(weir: Command): void {
  weir
    .command('mosquitto')
    .argument('<folder>', 'the folder where the broker will look for them, such as /etc/mosquitto')
    .description(
      'Write weir.conf and weir.acl for a mosquitto 2 into a folder: users, and who may read and write which topics.',
    )
    .addOption(configOption())
    .option('--port <port>', 'port of the listener (1883; 8883 with --tls)')
    .option('--json', 'what was written, and for which users, as JSON')
    .option('--tls', 'a listener with TLS: ca.pem, broker.pem and broker.key are expected in the folder')
    .action(run);
}

async function run(folder: string, options: MosquittoOptions): Promise<void> {
  const [{ loadConfig }, { askAppliance }, files, { toError, WeirError }] = await Promise.all([
    import('../../config/load.ts'),
    import('../local-api.ts'),
    import('../../publish/mqtt/mosquitto.ts'),
    import('../../model/errors.ts'),
  ]);
  const tls = options.tls === true;
  const usual = tls ? 8883 : 1883;
  const port = options.port === undefined ? usual : Number(options.port);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new WeirError(
      'USAGE',
      `--port ${options.port ?? ''}: a port is a number from 1 to 65535. Nothing was written.`,
    );
  const status = await askAppliance<StatusResponse>(options, 'GET', '/api/v1/status');
  const { mqtt } = loadConfig(options.config).config;
  const username = mqtt.username === '' ? 'weir' : mqtt.username;
  const path = resolve(folder);
  const made = files.mosquittoFiles({ ...mqtt, id: status.appliance.id, username, folder: path, port, tls });
  try {
    writeFileSync(join(path, 'weir.conf'), made.configuration);
    writeFileSync(join(path, 'weir.acl'), made.acl, { mode: 0o640 });
  } catch (thrown) {
    throw new WeirError(
      'USAGE',
      `${path}: ${toError(thrown).message}. The files were not written; name a folder that is there.`,
      {
        cause: thrown,
      },
    );
  }
  const users = [username, files.READER, ...(mqtt.commands ? [files.OPERATOR] : [])];
  const url = `${tls ? 'mqtts' : 'mqtt'}://BROKER:${port}`;
  const written = { configuration: join(path, 'weir.conf'), acl: join(path, 'weir.acl'), users, url };
  printAnswer(options, written, steps(path, users, username, url));
}

/** What is left to do, as commands. */
function steps(folder: string, users: readonly string[], username: string, url: string): string {
  const [first = '', ...others] = users;
  return [
    `${folder}/weir.conf and ${folder}/weir.acl were written. Now:`,
    `  touch ${folder}/weir.passwords && chmod 640 ${folder}/weir.passwords && chgrp mosquitto ${folder}/weir.passwords ${folder}/weir.acl`,
    ...[first, ...others].map((user) => `  mosquitto_passwd ${folder}/weir.passwords ${user}`),
    `  mosquitto -c ${folder}/weir.conf      (Debian: a line "include_dir ${folder}" or the file in /etc/mosquitto/conf.d)`,
    `and in the settings of Weir: mqtt.url: ${url}, mqtt.username: ${username}, mqtt.password_file: a file with its password.`,
  ].join('\n');
}
