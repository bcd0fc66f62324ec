// weir reproduce paper|amar|iotshark DIR: a paper's tables and figures from any captures, into a folder of files.

import type { Command } from 'commander';
import { configOption } from '../config-option.ts';
import type { IotsharkOptions } from './reproduce-iotshark.ts';
import type { ReproduceOptions } from './reproduce-options.ts';

export function declareReproduce(weir: Command): void {
  const reproduce = weir
    .command('reproduce')
    .description("A paper's tables and figures from your captures: CSV, SVG and one HTML file that opens offline.");
  declare(
    reproduce,
    'paper',
    'Wu, Breitinger, Niemann 2021: Tables 2 to 6, Figs. 4 and 6, Appendix A, the numbers of the text.',
  )
    .option('--no-measure', 'leave out Fig. 6: it takes a minute, and its numbers differ from run to run')
    .action(async (path: string, options: ReproduceOptions) => {
      const { reproducePaper } = await import('./reproduce-paper.ts');
      await reproducePaper(path, options);
    });
  declare(
    reproduce,
    'amar',
    'Amar et al. 2018: Figs. 2 to 5, DNS, ports, periods, presence, keys; as their scripts count and as it is right.',
  )
    .option(
      '--without <mac>',
      'device that Fig. 5 leaves out (repeatable)',
      (mac: string, before: readonly string[]) => [...before, mac],
      [],
    )
    .action(async (path: string, options: ReproduceOptions & { readonly without: readonly string[] }) => {
      const { reproduceAmar } = await import('./reproduce-amar.ts');
      await reproduceAmar(path, options);
    });
  declare(
    reproduce,
    'iotshark',
    'IoTShark 2019: its CSV files and metrics for each device, in its counting and in bytes, with graphs.',
  )
    .option('--label <label>', 'of the run, in the names of the files: 5MinMicOffNoTalk', '')
    .option(
      '--run <label=captures>',
      'a labelled run (repeatable), captures as `weir diff` takes them: runs are compared two by two; else the tags of a data folder',
      (run: string, before: readonly string[]) => [...before, run],
      [],
    )
    .option(
      '--target <ip>',
      'only this address (repeatable); else every device',
      (ip: string, before: readonly string[]) => [...before, ip],
      [],
    )
    .action(async (path: string, options: IotsharkOptions) => {
      const { reproduceIotshark } = await import('./reproduce-iotshark.ts');
      await reproduceIotshark(path, options);
    });
  weir
    .command('measured-analysis', { hidden: true })
    .description('The analyzer mode on one file; time, processor time and memory as JSON.')
    .argument('<file>')
    .action(async (file: string) => {
      const { measuredAnalysis } = await import('./measure.ts');
      await measuredAnalysis(file);
    });
}

function declare(reproduce: Command, name: string, description: string): Command {
  return reproduce
    .command(name)
    .description(description)
    .argument('<captures>', 'folder of captures, or one file')
    .option('--json', 'what was written as JSON')
    .option('-o, --out <folder>', 'where the files are written', `reproduced-${name}`)
    .addOption(configOption('configuration file: where the databases of `weir geo update` are'))
    .option(
      '--router <mac>',
      'address of the router or access point (repeatable): no device',
      (mac: string, before: readonly string[]) => [...before, mac],
      [],
    )
    .option('--registry <file>', 'what the devices are: `MAC name` a line, or CSV as `weir registry export` writes it');
}
