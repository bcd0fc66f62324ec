// Table 5, Fig. 4, Table 6, Appendix A: which countries the devices' data goes to. Anycast has no country.

import type { GeoComparison } from '../../geo/geo-comparison.ts';
import type { AnalysisDocument } from '../../model/analysis-document.ts';
import { ANYCAST_WORD } from '../../model/place-word.ts';
import { deviceLabels, trafficByDevice } from '../report/device-traffic.ts';
import type { ReportFigure } from '../report/report.ts';
import { type FlowLink, flows, stackedBars } from '../report/svg.ts';
import { byText, type Cell, type ReportTable } from '../report/table.ts';
import { APPENDIX_A_COLUMNS } from './printed-tables.ts';

/** Bytes of frames a device sent, by country or CDN/anycast; every destination that it exchanged a packet with is there. */
export type CountryBytes = ReadonlyMap<string, ReadonlyMap<string, number>>;

export function bytesByCountry(document: AnalysisDocument): CountryBytes {
  const table = new Map<string, Map<string, number>>();
  for (const [mac, list] of trafficByDevice(document)) {
    const row = new Map<string, number>();
    for (const { external, conversation, bytesSent } of list) {
      if (!external) continue;
      const place = conversation.country ?? ANYCAST_WORD;
      row.set(place, (row.get(place) ?? 0) + bytesSent);
    }
    table.set(mac, row);
  }
  return table;
}

/** Anycast and unknown are not countries. */
export function countriesOf(row: ReadonlyMap<string, number>): string[] {
  return [...row.keys()].filter((place) => place !== ANYCAST_WORD && place !== 'XX').toSorted(byText);
}

export function tableFive(bytes: CountryBytes, comparison: GeoComparison, document: AnalysisDocument): ReportTable {
  const devices = devicesByCountry(bytes);
  const moved = devicesWithAnycast(document, comparison);
  const countries = [...new Set([...devices.keys(), ...moved.keys()])].toSorted(
    (a, b) => (devices.get(b) ?? 0) - (devices.get(a) ?? 0) || byText(a, b),
  );
  return {
    name: 'table-5',
    title: 'Table 5: devices by country',
    notes: [
      `devices: with a destination in that country. Anycast (${ANYCAST_WORD}) answers from many places and has no country; with_anycast: devices if the first database were believed there too, as the paper did.`,
    ],
    head: ['country', 'devices', 'with_anycast', 'moved'],
    rows: countries.map((country) => {
      const [with_, without] = [moved.get(country) ?? devices.get(country) ?? 0, devices.get(country) ?? 0];
      return [country, without, with_, with_ - without];
    }),
  };
}

function devicesByCountry(bytes: CountryBytes): Map<string, number> {
  const devices = new Map<string, number>();
  for (const row of bytes.values()) for (const place of row.keys()) devices.set(place, (devices.get(place) ?? 0) + 1);
  return devices;
}

/** Devices by country where the first database's country is taken for anycast addresses as well. */
function devicesWithAnycast(document: AnalysisDocument, comparison: GeoComparison): Map<string, number> {
  const said = new Map(comparison.addresses.map(({ ip, countries }) => [ip, countries[0] ?? null]));
  const devices = new Map<string, Set<string>>();
  for (const [mac, list] of trafficByDevice(document)) {
    for (const { external, peerIp, conversation } of list) {
      if (!external) continue;
      const place = conversation.country ?? said.get(peerIp) ?? ANYCAST_WORD;
      const macs = devices.get(place) ?? new Set<string>();
      devices.set(place, macs.add(mac));
    }
  }
  return new Map([...devices].map(([country, macs]) => [country, macs.size]));
}

/** Table 5 as a drawing. */
export function countryBars({ title, rows }: ReportTable): ReportFigure {
  const bars = rows.map(([country, devices]) => ({ label: String(country), values: [Number(devices)] }));
  return { name: 'table-5', title, svg: stackedBars(title, 'devices', ['devices'], bars) };
}

const COUNTRIES_SHOWN = 10;

/** Fig. 4: bytes sent to the ten countries with most of them; the rest is one band of its own, with their number in its name. */
export function figureFour(
  document: Pick<AnalysisDocument, 'devices'>,
  bytes: CountryBytes,
): { readonly table: ReportTable; readonly figure: ReportFigure } {
  const labels = deviceLabels(document);
  const totals = new Map<string, number>();
  for (const row of bytes.values()) for (const [place, sent] of row) totals.set(place, (totals.get(place) ?? 0) + sent);
  const top = [...totals]
    .filter(([, sent]) => sent > 0)
    .toSorted((a, b) => b[1] - a[1] || byText(a[0], b[0]))
    .slice(0, COUNTRIES_SHOWN);
  const shown = new Set(top.map(([place]) => place));
  const rest = [...totals].filter(([place, sent]) => sent > 0 && !shown.has(place));
  const restName = `${rest.length} more`;
  const links: FlowLink[] = [...bytes].flatMap(([mac, row]) => {
    const from = labels.get(mac) ?? mac;
    const sent = [...row].filter(([, value]) => value > 0);
    const others = sent.filter(([place]) => !shown.has(place)).reduce((sum, [, value]) => sum + value, 0);
    const named = sent.filter(([place]) => shown.has(place)).map(([to, value]) => ({ from, to, value }));
    return others === 0 ? named : [...named, { from, to: restName, value: others }];
  });
  const title = 'Fig. 4: bytes sent by each device to the ten largest destinations';
  return {
    table: {
      name: 'figure-4',
      title,
      notes: [
        'Bytes of frames that the device sent; what it received is not in it. A country counts by the first database, CDN/anycast by itself.',
        ...(rest.length === 0
          ? []
          : [
              `"${restName}" are ${rest
                .map(([place]) => place)
                .toSorted(byText)
                .join(' ')}.`,
            ]),
      ],
      head: ['device', 'country', 'bytes_sent'],
      rows: links
        .toSorted((a, b) => byText(a.from, b.from) || b.value - a.value || byText(a.to, b.to))
        .map(({ from, to, value }) => [from, to, value]),
    },
    figure: { name: 'figure-4', title, svg: flows(title, 'B', links) },
  };
}

/** The appendix's 36 columns; a country outside them has its own words in `others` and counts in the total all the same. */
export function appendixA(document: AnalysisDocument, bytes: CountryBytes): ReportTable {
  const labels = deviceLabels(document);
  return {
    name: 'appendix-a',
    title: 'Appendix A: countries that each device contacted',
    notes: [
      "total counts countries. XA is the appendix's word for unknown; anycast addresses have no country and are counted apart.",
    ],
    head: ['device', 'mac', ...APPENDIX_A_COLUMNS, 'others', 'anycast', 'total'],
    rows: [...bytes].map(([mac, row]): Cell[] => {
      const countries = countriesOf(row);
      const others = countries.filter((country) => !APPENDIX_A_COLUMNS.includes(country));
      const marks = APPENDIX_A_COLUMNS.map((column) => (row.has(column === 'XA' ? 'XX' : column) ? 1 : 0));
      return [labels.get(mac) ?? mac, mac, ...marks, others.join(' '), row.has(ANYCAST_WORD), countries.length];
    }),
  };
}

/** Table 6: the same destinations by each database. */
export function tableSix(document: AnalysisDocument, comparison: GeoComparison): ReportTable {
  const labels = deviceLabels(document);
  const by = new Map(comparison.addresses.map((address) => [address.ip, address]));
  const names = comparison.databases.map(({ name, date }) => `${name} ${date}`);
  const rows = [...trafficByDevice(document)].map(([mac, list]): Cell[] => {
    const addresses = [...new Set(list.filter(({ external }) => external).map(({ peerIp }) => peerIp))].flatMap(
      (ip) => by.get(ip) ?? [],
    );
    const placed = addresses.filter(({ anycast }) => !anycast);
    const said = names.map((_, i) =>
      [...new Set(placed.map(({ countries }) => countries[i] ?? 'XX'))].toSorted().join(' '),
    );
    return [
      labels.get(mac) ?? mac,
      ...said,
      names.length < 2 ? null : new Set(said).size === 1,
      placed.length,
      addresses.length - placed.length,
    ];
  });
  return {
    name: 'table-6',
    title: 'Table 6: countries by each database',
    notes: [
      'IPStack and IP2Location of the paper cannot be had: they are services or need an account. Weir brings DB-IP; `weir geo update --name geo-whois FILE` takes @ip-location-db/geo-whois-asn-country (CC0), `--name geolite2 FILE` a GeoLite2 that you have.',
      'No truth exists for where an address is: disagreement is shown, not settled. Anycast addresses are left out and counted.',
    ],
    head: ['device', ...names, 'agree', 'addresses', 'anycast'],
    rows,
  };
}
