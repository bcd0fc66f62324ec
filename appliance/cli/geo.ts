// weir geo: where an address is said to be, by which database, and how to bring a newer one.

import type { Command } from 'commander';
import type { GeoComparison } from '../geo/geo-comparison.ts';
import { WeirError } from '../model/errors.ts';
import { ANYCAST_WORD } from '../model/place-word.ts';
import { configOption } from './config-option.ts';
import { printAnswer } from './print/answer.ts';

interface GeoOptions {
  readonly config?: string;
  readonly json?: boolean;
  readonly name?: string;
  readonly date?: string;
}

export function declareGeo(weir: Command): void {
  const geo = weir.command('geo').description('Look addresses up, compare databases, bring newer ones.');
  geo
    .command('lookup')
    .description('Country, network and provider of addresses, and what every database says of them.')
    .argument('<ip...>', 'IPv4 or IPv6 addresses')
    .addOption(configOption())
    .option('--json', 'the answer as JSON')
    .action(lookup);
  geo
    .command('compare')
    .description(
      'Countries of the destinations in a capture by each database, side by side (the paper has it as Table 6).',
    )
    .argument('<file>', 'pcap or pcapng, also gzip-compressed')
    .addOption(configOption())
    .option('--json', 'the answer as JSON')
    .action(compare);
  geo
    .command('check')
    .description('Compare what the database says of the addresses in a capture with how fast they answered.')
    .argument('<file>', 'capture taken at the access point, of devices that open TCP connections')
    .requiredOption('--home <country>', 'location of the access point, ISO code: DE')
    .addOption(configOption())
    .option('--json', 'the answer as JSON')
    .action(check);
  geo
    .command('update')
    .description('Take over country or AS ranges from CSV files (also .gz); the built-in table stays as it is.')
    .argument('<file...>', 'first address, last address (or network/bits), country code or AS number')
    .addOption(configOption())
    .option('--name <name>', 'keep it next to the table in use, to compare with')
    .option('--json', 'the answer as JSON')
    .option('--date <day>', 'day of the data, 2026-11-20; else that of the file')
    .action(update);
}

async function dataFolder(options: GeoOptions): Promise<string> {
  const { loadConfig } = await import('../config/load.ts');
  return loadConfig(options.config).config.data.dir;
}

async function lookup(ips: string[], options: GeoOptions): Promise<void> {
  await refuseOtherText(ips);
  const [{ ATTRIBUTIONS }, { geoTablePath, openDatabases }, { compareDatabases }, { Places }, { tableText }, folder] =
    await Promise.all([
      import('../geo/attribution.ts'),
      import('../geo/geo-folder.ts'),
      import('../geo/geo-comparison.ts'),
      import('../geo/places.ts'),
      import('./print/print.ts'),
      dataFolder(options),
    ]);
  const places = Places.open(geoTablePath(folder));
  const comparison = compareDatabases(ips, openDatabases(folder));
  const found = ips.map((ip) => ({ ip, ...places.describeAddress(ip) }));
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify({ addresses: found, comparison }, null, 2)}\n`);
    return;
  }
  const said = new Map(comparison.addresses.map((address) => [address.ip, address.countries]));
  const rows = found.map((place) => [
    place.ip,
    place.country ?? ANYCAST_WORD,
    place.asn === null ? '' : `AS${place.asn}`,
    place.org ?? '',
    place.provider ?? '',
    place.scope,
    ...comparison.databases.map((_, i) => said.get(place.ip)?.[i] ?? ''),
  ]);
  const head = ['address', 'country', 'network', 'organisation', 'provider', 'scope'];
  const sources = ATTRIBUTIONS.map(({ text, link, licence }) => `${text} (${licence}), ${link}`);
  process.stdout.write(
    `${tableText([...head, ...comparison.databases.map(({ name }) => name)], rows)}\n\n${sources.join('\n')}\n`,
  );
}

/** What is no address has no place: an answer would look like one. @throws WeirError USAGE. */
async function refuseOtherText(ips: readonly string[]): Promise<void> {
  const [{ parseAddress }, { printable }] = await Promise.all([
    import('../geo/address.ts'),
    import('../model/text.ts'),
  ]);
  const wrong = ips.filter((ip) => parseAddress(ip) === undefined);
  if (wrong.length === 0) return;
  const named = wrong.map((ip) => printable(ip, 64)).join(', ');
  throw new WeirError(
    'USAGE',
    `No IPv4 or IPv6 address: ${named}. Nothing was looked up. Addresses are written 192.0.2.1 or 2001:db8::1.`,
  );
}

/** Databases in addition to the built-in one come from `weir geo update --name`. */
async function compare(file: string, options: GeoOptions): Promise<void> {
  const [{ openDatabases }, { compareDatabases }, { analyzeFile }, { tableText }, folder] = await Promise.all([
    import('../geo/geo-folder.ts'),
    import('../geo/geo-comparison.ts'),
    import('./analyze/analyze-file.ts'),
    import('./print/print.ts'),
    dataFolder(options),
  ]);
  const { document } = await analyzeFile(file, 'curated', false);
  const comparison = compareDatabases(
    document.destinations.map(({ ip }) => ip),
    openDatabases(folder),
  );
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify(comparison, null, 2)}\n`);
    return;
  }
  const head = ['country', ...comparison.databases.map(({ name, date }) => `${name} ${date}`)];
  const rows = comparison.countries.map(({ country, counts }) => [country, ...counts.map(String)]);
  process.stdout.write(`${tableText(head, rows)}\n\n${comparedText(comparison)}\n`);
}

/** One database always agrees with itself: that is no agreement. */
function comparedText({ databases, addresses, agreement }: GeoComparison): string {
  if (databases.length < 2) {
    return `There is one database only (${databases.map(({ name }) => name).join()}): nothing to compare. Bring another one with \`weir geo update --name <name> <file>\`.`;
  }
  const anycast = addresses.filter((address) => address.anycast).length;
  const agreed = agreement === null ? 'none' : `${(agreement * 100).toFixed(1)} %`;
  return `${addresses.length} addresses, ${anycast} of them anycast and left out; all agree on ${agreed} of the rest`;
}

/** Round trips from a private address to one on the Internet, the impossible claims first. */
async function check(file: string, options: GeoOptions & { readonly home: string }): Promise<void> {
  const [
    { HandshakeTimes },
    { checkDistance },
    { geoTablePath },
    { Places },
    { readCaptureFile },
    { tableText },
    folder,
  ] = await Promise.all([
    import('../analysis/packet/handshake-times.ts'),
    import('../geo/distance.ts'),
    import('../geo/geo-folder.ts'),
    import('../geo/places.ts'),
    import('./files/capture-file.ts'),
    import('./print/print.ts'),
    dataFolder(options),
  ]);
  if (!/^[A-Z]{2}$/.test(options.home)) throw new WeirError('USAGE', 'A country is written DE.');
  const sink = new HandshakeTimes();
  await readCaptureFile(file, sink, false);
  const places = Places.open(geoTablePath(folder));
  const checked = Object.entries(sink.records())
    .map(([ip, { shortest_ns, handshakes }]) => ({ ip, shortest_ms: shortest_ns / 1e6, handshakes }))
    .map((trip) => ({ ...trip, ...places.describeAddress(trip.ip) }))
    .filter((trip) => !trip.internal)
    .map((trip) => ({ ...trip, ...checkDistance(options.home, trip.country ?? '', trip.shortest_ms) }))
    .sort(
      (a, b) => Number(b.claim === 'impossible') - Number(a.claim === 'impossible') || a.shortest_ms - b.shortest_ms,
    );
  const head = ['address', 'country', 'provider', 'shortest', 'handshakes', 'claim', 'why'];
  const rows = checked.map((trip) => [
    trip.ip,
    trip.country ?? ANYCAST_WORD,
    trip.provider ?? trip.org ?? '',
    `${trip.shortest_ms.toFixed(3)} ms`,
    String(trip.handshakes),
    trip.claim,
    trip.claim === 'impossible' ? `${trip.least_km?.toFixed(0)} km away, ${trip.reach_km.toFixed(0)} km in reach` : '',
  ]);
  process.stdout.write(options.json === true ? `${JSON.stringify(checked, null, 2)}\n` : `${tableText(head, rows)}\n`);
}

async function update(files: string[], options: GeoOptions): Promise<void> {
  const [{ geoTablePath, isTableName, operatorTable }, { dayOfFile, updateGeo }, folder] = await Promise.all([
    import('../geo/geo-folder.ts'),
    import('../geo/geo-update.ts'),
    dataFolder(options),
  ]);
  const { name } = options;
  if (name !== undefined && !isTableName(name)) {
    throw new WeirError('USAGE', 'A name for a database has lower-case letters, digits, - and _, at most 32.');
  }
  const date = options.date ?? files.map(dayOfFile).sort()[0] ?? '';
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date)) throw new WeirError('USAGE', 'A day is written 2026-11-20.');
  const report = await updateGeo({ files, target: operatorTable(folder, name), base: geoTablePath(folder), date });
  printAnswer(
    options,
    report,
    `${report.target}: ${report.ranges} ranges of ${report.kinds.join(' and ')}, data of ${report.date}, sha256 ${report.sha256}`,
  );
}
