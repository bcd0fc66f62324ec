// What the paper (Wu, Breitinger, Niemann 2021) prints, where it is unambiguous: Tables 2 to 6 and the clear totals of Appendix A.
// Data, not truth: printed-checks.ts recomputes the text's numbers from it.

/** `[device, open TCP ports, open UDP ports, vulnerable ports]`; a word where the paper prints one. it prints 332249. */
export const TABLE_2: readonly (readonly [
  string,
  readonly number[] | string,
  readonly number[] | string,
  readonly number[],
])[] = [
  ['Samsung SmartThings hub (v2)', [8889, 8890, 39500], [123, 1900, 5353], []],
  ['Phillips Hue Bridge', [80, 443, 8080], [1900, 5353], [80]],
  ['Vera hub', [22, 53, 80, 3480, 49451], 'Closed/Filtered', [22, 80]],
  ['iBlockcube smart plug', [6668], [49154], []],
  ['Amazon smart plug', 'Closed', 'Filtered', []],
  ['TP-Link switch (HS110)', [9999], 'Filtered', []],
  ['TP-Link bulb (LB100)', [9999], 'Filtered', []],
  ['LE LampUX', [6668], [49154], []],
  ['TP-Link cam (KC100)', [9999, 10443, 18443, 19443], [514], []],
  ['D-Link cam (DCS-932LB)', [80, 443, 8323], 'Closed/Filtered', [80]],
  ['Xiaomi cam', 'Closed', [5353], []],
  ['Yi cam', 'Closed', 'Closed', []],
  [
    'Wansview cam (Q5)',
    [8080, 554],
    [3702, 16680, 17077, 28683, 19332, 19482, 19504, 23004, 33249, 332249, 41081, 41446, 58640],
    [],
  ],
  [
    'Victure cam (PC530)',
    [8080, 554],
    [
      65000, 67, 782, 1064, 2148, 4672, 6970, 6971, 19047, 20411, 20679, 21131, 21354, 23176, 33744, 40724, 46836,
      49199, 53037,
    ],
    [65000],
  ],
  ['Amazon Echo (2nd gen)', [4070], [5353], []],
  ['Amazon Echo (3rd gen)', [4070, 4071, 55442, 55443], 'Filtered', []],
  ['Google Home Mini', [8008, 8009, 8012, 443, 9000, 10001], [68, 5000, 5353], []],
];

/** Entropy, tick (clear text), protocol; null where the paper prints a dash. */
export type PrintedChannel = readonly [entropy: number | null, tick: boolean, protocol: string | null];

export const CHANNELS = ['device-to-cloud', 'app-to-cloud', 'app-to-device'] as const;
export type Channel = (typeof CHANNELS)[number];

/** `[device, device-to-cloud, mobile app-to-cloud, mobile app-to-device]`. */
export const TABLE_3: readonly (readonly [string, PrintedChannel, PrintedChannel, PrintedChannel])[] = [
  ['Samsung SmartThings hub (v2)', [7.78, false, 'TLSv1.2'], [null, false, 'TLSv1.2'], [null, false, 'TLS1.2']],
  ['Phillips Hue Bridge', [7.72, true, 'HTTP/TLSv1.2'], [7.99, false, 'TLSv1.2'], [7.81, false, 'TLS1.2']],
  ['Vera plus hub', [7.87, false, 'TLSv1.2'], [6.24, false, 'HTTP/TLSv1.2'], [6.54, true, 'HTTP']],
  ['iBlockcube smart plug', [7.74, false, 'TLSv1.2'], [7.22, false, 'TLSv1.2'], [7.45, false, 'IPDC']],
  ['Amazon smart plug', [7.8, false, 'TLSv1.2'], [null, false, 'TLSv1.2'], [7.54, false, null]],
  ['TP-Link plug (HS110)', [7.74, false, 'TLSv1.2'], [7.74, false, 'TLSv1.2'], [7.56, false, 'TLSv1.2']],
  ['TP-Link bulb (LB100)', [7.72, false, 'TLSv1.2'], [7.2, false, 'TLSv1.2'], [7.23, false, 'TLSv1.2']],
  ['LE LampUX', [7.87, false, 'TLSv1.2'], [7.28, false, 'TLSv1.2'], [7.91, false, 'IPDC']],
  ['LiFX lightbulbs', [6.12, true, 'TLSv1'], [null, false, null], [null, false, null]],
  ['iHome', [7.59, false, 'TLSv1.2'], [null, false, null], [null, false, null]],
  ['Nest Protect smoke alarm', [7.67, false, 'TLSv1.2'], [null, false, null], [null, false, null]],
  ['TP-Link camera (KC100)', [7.99, false, 'TLSv1.2'], [7.97, false, 'TLSv1.2'], [7.81, false, 'TLSv1.2']],
  ['D-Link camera (DCS-932LB)', [7.82, false, 'TLSv1'], [7.78, false, 'TLSv1.2'], [6.4, true, 'HTTP']],
  ['Xiaomi camera', [7.91, true, 'HTTP'], [7.91, false, 'TLSv1.2'], [null, false, null]],
  ['Yi camera', [7.92, false, 'TLSv1.2'], [7.59, false, 'TLSv1.2'], [null, false, null]],
  ['Netatmo Welcome camera', [7.2, false, 'TLSv1.2'], [null, false, null], [null, false, null]],
  ['TP-Link Day Night Cloud camera', [7.41, false, 'TLSv1.2'], [null, false, null], [null, false, null]],
  ['Samsung SmartCam camera', [6.05, true, 'HTTP/TLSv1.2'], [null, false, null], [null, false, null]],
  ['Nest Dropcam', [7.78, false, 'TLSv1.2'], [null, false, null], [null, false, null]],
  ['Insteon camera', [6.57, true, 'HTTP/TLSv1.2'], [null, false, null], [null, false, null]],
  ['Victure cam (PC530)', [6.06, false, null], [6.45, false, 'HTTP'], [5.74, false, 'HTTP']],
  ['Wansview cam (Q5)', [7.86, true, 'TLSv1.2'], [5.86, false, 'HTTP/TLSv1.2'], [6.68, false, 'HTTP']],
  ['Amazon Echo (2nd gen)', [7.99, false, 'TLSv1.2'], [null, false, 'TLSv1.2'], [null, false, null]],
  ['Amazon Echo (3rd gen)', [7.97, false, 'TLSv1.2'], [null, false, 'TLSv1.2'], [null, false, null]],
  ['Google Home Mini', [7.99, false, 'TLSv1.3'], [7.72, false, 'TLSv1.2'], [7.91, false, 'TLSv1.2']],
  ['Withings smart scale', [5.69, true, 'HTTP'], [null, false, null], [null, false, null]],
  ['Withings smart baby monitor', [5.69, true, 'HTTP'], [null, false, null], [null, false, null]],
  ['Withings aura smart sleep', [6.17, true, 'HTTP/TLSv1.2'], [null, false, null], [null, false, null]],
  ['Blipcare blood pressure meter', [7.48, false, 'TLSv1'], [null, false, null], [null, false, null]],
  ['Netatmo weather station', [7.4, false, null], [null, false, null], [null, false, null]],
  ['Triby speaker', [7.59, false, 'TLSv1.2'], [null, false, null], [null, false, null]],
  ['PIX-STAR photo-frame', [7.48, false, 'TLSv1.2'], [null, false, null], [null, false, null]],
];

/** `[channel, device as in Table 3, entropy, protocol, clear text, is a camera]`. */
export const TABLE_4: readonly (readonly [Channel, string, number, string, string, boolean])[] = [
  ['device-to-cloud', 'LiFX lightbulbs', 6.12, 'TLSv1', 'Loi et al. (2017)', false],
  [
    'device-to-cloud',
    'Samsung SmartCam camera',
    6.05,
    'HTTP/TLSv1',
    'MAC address, username, serial number, timestamp and user specified device name',
    true,
  ],
  ['device-to-cloud', 'Insteon camera', 6.57, 'HTTP', 'Port numbers, MAC address, public IP address, unique ID', true],
  ['device-to-cloud', 'Withings smart scale', 4.68, 'HTTP', 'Weight, height, age, sex etc.', false],
  ['device-to-cloud', 'Triby speaker', 7.59, 'TLSv1.2', 'Username, serial number, MAC address', false],
  ['device-to-cloud', 'Xiaomi camera', 7.91, 'HTTP', 'URL and timestamp of captured motion, MAC address', true],
  ['app-to-device', 'D-Link camera (DCS-932LB)', 6.4, 'HTTP', 'JPEG images', true],
  ['app-to-device', 'Victure cam (PC530)', 6.45, 'HTTP', 'API access key, access token', true],
];

/** `[country, devices]`. */
export const TABLE_5: readonly (readonly [string, number])[] = [
  ['US', 26],
  ['FR', 14],
  ['DE', 14],
  ['GB', 13],
  ['IE', 11],
  ['NL', 8],
  ['AU', 7],
  ['SG', 5],
  ['DK', 5],
  ['FI', 4],
  ['IN', 4],
  ['JP', 3],
  ['MX', 3],
  ['RO', 3],
  ['CN', 3],
  ['BR', 2],
  ['RU', 2],
];

/** `[device, IPStack, GeoLite2, IP2Location-Lite, total in Appendix A or null]`. */
export const TABLE_6: readonly (readonly [string, string, string, string, number | null])[] = [
  ['Withings smart scale', 'FR', 'FR', 'FR', null],
  ['Samsung smart cam', 'AU NZ US', 'AU KH DE LU GB US', 'AU JP NZ GB US', 6],
  ['Vera hub', 'US', 'US', 'US', 9],
  ['DLink cam', 'IE', 'IE', 'IE', 2],
  ['Insteon cam', 'AU CN IE JP NL GB US', 'DE IE SG GB US', 'CN FR DE TW GB US', 7],
  ['TPlink cam', 'DE IE SG GB US', 'FR DE IE SG US', 'CN FR DE GB US', 4],
  ['Amazon Echo', 'IE GB US', 'IE GB US', 'IE GB US', null],
  ['Google Mini', 'MX US', 'MX US', 'GB US', 2],
  ['Phillips Hue', 'DE IE SG ES GB US', 'DE IE SG ES GB US', 'DE IE GB US', 3],
  ['Xiaomi cam', 'CN FR DE NL SG TW GB', 'CN FR DE IE JP NL SG KR TW GB US', 'CN FR DE NL SG TW GB', 5],
];

/** Totals whose row survived: a total counts countries. "TP-Link plug" and "TP-Link Switch" have one between them, 6. */
export const APPENDIX_A_TOTALS: readonly (readonly [string, number])[] = [
  ['Amazon Echo (3rd)', 2],
  ['Amazon Echo (2nd)', 4],
  ['Amazon Smart Plug', 2],
  ['D-Link camera', 2],
  ['Google Home Mini', 2],
  ['Insteon Cam', 7],
  ['LiFX lightbulb', 28],
  ['Phillips Hue Bridge', 3],
  ['Samsung Smart Camera', 6],
  ['Samsung SmartThings Hub', 2],
  ['TP-Link Kasa Spot Cam', 4],
  ['TP-Link plug / TP-Link Switch', 6],
  ['Triby Speaker', 6],
  ['Vera Plus Hub', 9],
  ['Withings Sleep', 3],
  ['Withings Smart Baby monitor', 3],
  ['Xiaomi Cam', 5],
  ['Yi Cam', 4],
  ['Wansview Cam', 10],
  ['Victure Cam', 4],
];

/** The appendix's columns; XA is its word for unknown. */
export const APPENDIX_A_COLUMNS: readonly string[] =
  'AT AU BG BR BY CA CH CN DE DK FI FR GB HK HU ID IE IN IS JP KH KR LU MX NL NO NZ PL RO RU SG SK TW UA US XA'.split(
    ' ',
  );
/** Rows with a name, one or two in a line of the print. */
export const APPENDIX_A_NAMED_ROWS = 23;
