// The paper's text against its own tables: each number of the text recomputed from what the tables print.

import { portProfile } from '../../analysis/ports/ports.ts';
import type { Cell, ReportTable } from '../report/table.ts';
import {
  APPENDIX_A_NAMED_ROWS,
  APPENDIX_A_TOTALS,
  type PrintedChannel,
  TABLE_2,
  TABLE_3,
  TABLE_4,
  TABLE_5,
  TABLE_6,
} from './printed-tables.ts';

/** `agrees` false: the text and the tables of the paper contradict each other. */
export function printedChecks(): ReportTable {
  const rows = [...portChecks(), ...channelChecks(), ...tableFourChecks(), ...placeChecks()];
  return {
    name: 'printed-numbers',
    title: "The paper's text against its printed tables",
    notes: [
      'recomputed: from the printed table named; by protocol: the protocol cell holds HTTP; by tick: the clear-text cell holds a tick.',
    ],
    head: ['number', 'text', 'recomputed', 'agrees', 'from'],
    rows: rows.map(([what, text, recomputed, from]): Cell[] => [
      what,
      text,
      recomputed,
      text === UNSAID ? null : String(text) === String(recomputed),
      from,
    ]),
  };
}

/** The text gives no number. */
const UNSAID = 'not said';

type Check = readonly [what: string, text: string | number, recomputed: string | number, from: string];

function portsOf(row: (typeof TABLE_2)[number]): readonly number[] {
  return [row[1], row[2]].flatMap((ports) => (typeof ports === 'string' ? [] : [...ports]));
}

function portChecks(): Check[] {
  const withPort = (matches: (port: number) => boolean): number =>
    TABLE_2.filter((row) => portsOf(row).some(matches)).length;
  const victure = TABLE_2.find(([name]) => name.startsWith('Victure'))!;
  const closed = TABLE_2.filter(([, tcp, udp]) => tcp === 'Closed' && udp === 'Closed');
  return [
    ['devices with a port from 49152 to 65535', 8, withPort((port) => port >= 49_152 && port <= 65_535), 'Table 2'],
    ['devices with port 443', 3, withPort((port) => port === 443), 'Table 2'],
    ['devices with port 80', 2, withPort((port) => port === 80), 'Table 2'],
    ['devices with port 22', 1, withPort((port) => port === 22), 'Table 2'],
    ['TCP ports of the Victure camera', 2, victure[1].length, 'Table 2'],
    ['UDP ports of the Victure camera', 19, victure[2].length, 'Table 2'],
    ['devices with all ports closed', 'Xiaomi cam, Yi cam', closed.map(([name]) => name).join(', '), 'Table 2'],
    [
      'numbers in Table 2 that are no port',
      0,
      TABLE_2.flatMap(portsOf).filter((port) => port > 65_535).length,
      'Table 2',
    ],
    [
      'RTSP 554 among the vulnerable ports of Table 2',
      'yes',
      TABLE_2.some((row) => row[3].includes(554)) ? 'yes' : 'no',
      'Table 2',
    ],
    ['secure ports', 22, portProfile('paper-appendix-b')?.secure.length ?? 0, 'Appendix B'],
  ];
}

function channelChecks(): Check[] {
  const readable = (channel: PrintedChannel): boolean => channel[2]?.includes('HTTP') === true;
  const ticked = (channel: PrintedChannel): boolean => channel[1];
  const inChannel = (index: 1 | 2 | 3, is: (c: PrintedChannel) => boolean): number =>
    TABLE_3.filter((row) => is(row[index])).length;
  const anywhere = (is: (c: PrintedChannel) => boolean): number =>
    TABLE_3.filter((row) => [row[1], row[2], row[3]].some(is)).length;
  const low = anywhere(([entropy]) => entropy !== null && entropy <= 7);
  return [
    ['devices with an entropy of 7 or below', 10, low, 'Table 3'],
    ['device-to-cloud without encryption, by protocol', 7, inChannel(1, readable), 'Table 3'],
    ['device-to-cloud without encryption, by tick', 7, inChannel(1, ticked), 'Table 3'],
    ['app-to-cloud without encryption, by protocol', UNSAID, inChannel(2, readable), 'Table 3'],
    ['app-to-cloud without encryption, by tick', UNSAID, inChannel(2, ticked), 'Table 3'],
    ['app-to-device without encryption, by protocol', '3 (four are named)', inChannel(3, readable), 'Table 3'],
    ['app-to-device without encryption, by tick', '3 (four are named)', inChannel(3, ticked), 'Table 3'],
    ['devices without encryption in any channel, by protocol', 9, anywhere(readable), 'Table 3'],
    ['devices without encryption in any channel, by tick', 9, anywhere(ticked), 'Table 3'],
  ];
}

function tableFourChecks(): Check[] {
  const cells = TABLE_4.map(([channel, device, entropy, protocol, , isCamera]) => {
    const row = TABLE_3.find(([name]) => name === device)!;
    return { device, entropy, protocol, isCamera, printed: row[channel === 'device-to-cloud' ? 1 : 3], row };
  });
  const cameras = cells.filter(({ isCamera }) => isCamera).length;
  const entropies = cells
    .filter(({ entropy, printed }) => entropy !== printed[0])
    .map(({ device, entropy, printed, row }): Check => {
      const other = entropy === row[2][0] ? '; it is the app-to-cloud cell' : '';
      return [`entropy of ${device} (Table 4)`, entropy, `${printed[0] ?? '-'}${other}`, 'Table 3'];
    });
  const protocols = cells
    .filter(({ protocol, printed }) => protocol !== printed[2])
    .map(
      ({ device, protocol, printed }): Check => [
        `protocol of ${device} (Table 4)`,
        protocol,
        printed[2] ?? '-',
        'Table 3',
      ],
    );
  const ticks = cells
    .filter(({ printed }) => !printed[1])
    .map(({ device }): Check => [`clear text of ${device} (Table 4)`, 'yes', 'no', 'Table 3']);
  return [
    ['cameras among the devices with clear text', '6 of 8', `${cameras} of ${cells.length}`, 'Table 4'],
    ...entropies,
    ...protocols,
    ...ticks,
  ];
}

function placeChecks(): Check[] {
  const devices = TABLE_3.length;
  const percent = (count: number): string => `${Number(((100 * count) / devices).toFixed(1))} %`;
  const agree = TABLE_6.filter(([, ...said]) => new Set(said.slice(0, 3)).size === 1).length;
  const first = APPENDIX_A_TOTALS.toSorted((a, b) => b[1] - a[1]);
  const count = (countries: string): number => countries.split(' ').length;
  const plug = APPENDIX_A_TOTALS.find(([name]) => name.includes('plug /'))!;
  const table6 = TABLE_6.flatMap(([device, a, b, c, total]): Check[] => {
    if (total === null) return [];
    const counts = [a, b, c].map(count);
    return counts.includes(total)
      ? []
      : [[`countries of ${device} (Table 6, three databases)`, counts.join('-'), total, 'Appendix A']];
  });
  return [
    ['devices that reach the US', 26, TABLE_5[0]?.[1] ?? 0, 'Table 5'],
    ['devices with several destinations, §4.2', '75 % (24)', `${percent(24)} (24)`, '24 of 32'],
    ['devices with several destinations, §6', '77 %', percent(24), '24 of 32'],
    ['devices on Amazon, §6', '64 %', percent(21), '21 of 32 in §4.2'],
    ['named devices in Appendix A', 24, APPENDIX_A_NAMED_ROWS, 'Appendix A'],
    [
      'most countries after LiFX',
      'TP-Link Bulb, TP-Link plug, Vera (9)',
      `${first[1]?.[0]} (${first[1]?.[1]})`,
      'Appendix A',
    ],
    ['countries of the TP-Link plug', 9, plug[1], 'Appendix A, one total for two names'],
    ['databases agree, rows of Table 6', 'little difference', `${agree} of ${TABLE_6.length}`, 'Table 6'],
    ...table6,
    ['days of the second data set, §3.1', '7', '8 dates are listed', '§3.1'],
    ['apps put behind a proxy', '13 (the talk: 30)', '13', '§4.3'],
  ];
}
