// `--config` of every verb: the file that is named, else the one that WEIR_CONFIG names, else the installed one where there is one.
// So that `weir devices` finds the appliance of this machine wherever its data folder is.

import { existsSync } from 'node:fs';
import { Option } from 'commander';
import { INSTALLED_CONFIG } from '../config/installed-config.ts';

/** Of verbs that write the settings: there is always a file that is meant. */
export function settingsOption(): Option {
  return new Option('-c, --config <file>', 'the settings').env('WEIR_CONFIG').default(INSTALLED_CONFIG);
}

export function configOption(text = 'configuration file'): Option {
  const option = new Option('-c, --config <file>', text).env('WEIR_CONFIG');
  return existsSync(INSTALLED_CONFIG) ? option.default(INSTALLED_CONFIG) : option;
}
