// weir packet FILE NUMBER: one packet of a capture file, its layers, its bytes, and the message that it is a part of.

import { type Command, InvalidArgumentError } from 'commander';
import { WeirError } from '../model/errors.ts';

interface PacketOptions {
  readonly reveal?: boolean;
  readonly json?: boolean;
}

export function declarePacket(weir: Command): void {
  weir
    .command('packet')
    .description('Show one packet of a capture file: layers, bytes, and the message it is a part of.')
    .argument('<file>', 'pcap or pcapng, also gzip-compressed')
    .argument('<number>', 'of the packet in the file, from 1', packetNumber)
    .option('--reveal', 'show the payload, too: it may hold what a device knows of people')
    .option('--json', 'the answer as JSON')
    .action(run);
}

/** @throws WeirError FILE_UNREADABLE, NOT_A_CAPTURE, PACKET_UNKNOWN */
async function run(file: string, number: number, options: PacketOptions): Promise<void> {
  const [{ PacketSearch }, { packetBytes, packetView }, { readCaptureFile }, { packetText }] = await Promise.all([
    import('../decode/packet/packet-search.ts'),
    import('../decode/packet/packet-view.ts'),
    import('./files/capture-file.ts'),
    import('./print/packet-text.ts'),
  ]);
  const search = new PacketSearch(number);
  const { sha256 } = await readCaptureFile(file, search);
  const found = search.found();
  if (found === undefined) {
    const message = `${file} has ${search.packets} packets, so there is no packet ${number}. Nothing was shown.`;
    throw new WeirError('PACKET_UNKNOWN', message);
  }
  const bytes = packetBytes(found, options.reveal === true, sha256);
  const view = packetView(bytes, { segment: null, checked: 'file', excerpt: '' });
  process.stdout.write(options.json === true ? `${JSON.stringify(view, null, 2)}\n` : `${packetText(view)}\n`);
}

function packetNumber(text: string): number {
  const number = Number(text);
  if (!/^\d{1,15}$/.test(text) || number < 1) throw new InvalidArgumentError('not a whole number from 1.');
  return number;
}
