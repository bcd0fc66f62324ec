// Who runs the network that an address is in, in the words people use (`Amazon`, not `AMAZON-02`), and which networks
// answer from many places at once. Keyed by AS number; kept by hand from the operators' own statements.

export interface Provider {
  readonly name: string;
  /** Every address of the AS may answer from anywhere: no country is ever stated. */
  readonly anycast?: true;
}

const PROVIDERS: readonly (readonly [name: string, asns: readonly number[], anycast?: 'anycast'])[] = [
  ['Amazon', [16509, 14618, 8987, 7224, 62785, 801, 58588, 38895]],
  ['Google', [15169, 396982, 19527, 139070, 36040, 43515, 36384, 395973]],
  ['Microsoft', [8075, 8068, 8069, 12076, 3598, 200517]],
  ['Alibaba', [45102, 37963, 134963, 24429, 45104, 59028]],
  ['Tencent', [132203, 45090, 132591, 133478, 137876]],
  ['Huawei Cloud', [136907, 55990, 63655, 141180]],
  ['Baidu', [38365, 55967, 38627, 45085]],
  ['Xiaomi', [137702, 134705]],
  ['Kingsoft Cloud', [59019, 137280]],
  ['UCloud', [135377, 59077]],
  ['ByteDance', [396986, 138699]],
  [
    'Akamai',
    [
      12222, 16625, 16702, 17204, 18680, 18717, 20189, 20940, 21342, 21357, 21399, 22207, 22452, 23454, 23455, 23903,
      24319, 26008, 30675, 31107, 31108, 31109, 31110, 31377, 32787, 33047, 33905, 34164, 34850, 35204, 35993, 35994,
      36183, 39836, 43639, 45700, 48163, 49249, 49846, 55409, 55770, 133103, 200005, 213120, 393234,
    ],
    'anycast',
  ],
  ['Akamai (Linode)', [63949]],
  ['Cloudflare', [13335, 209242, 132892, 395747, 202623], 'anycast'],
  ['Fastly', [54113], 'anycast'],
  ['Edgio', [15133, 22822, 38622], 'anycast'],
  ['Imperva', [19551], 'anycast'],
  ['CDN77', [60068, 212238]],
  ['Bunny', [200325], 'anycast'],
  ['Apple', [714, 6185, 2709]],
  ['Meta', [32934, 63293, 54115]],
  ['Netflix', [2906, 40027, 55095]],
  ['Oracle', [31898, 792, 793, 7160, 14544]],
  ['IBM', [36351, 2686, 13749, 21844]],
  ['Salesforce', [14340]],
  ['DigitalOcean', [14061, 62567, 200130]],
  ['Hetzner', [24940, 213230, 212317]],
  ['OVH', [16276, 35540]],
  ['Scaleway', [12876, 29447]],
  ['Vultr', [20473]],
  ['Leaseweb', [60781, 28753, 30633, 59253, 205544]],
  ['Contabo', [51167, 40021]],
  ['IONOS', [8560]],
  ['Rackspace', [33070, 10532, 15395, 27357, 19994]],
  ['Equinix Metal', [54825]],
  ['Twilio', [46475]],
  ['GitHub', [36459]],
  ['Dropbox', [19679]],
  ['Zoom', [30103]],
  ['Spotify', [8403, 43650]],
  ['Sonos', [36153]],
  ['Samsung', [6619, 9947]],
  ['Yandex', [13238, 200350]],
  ['VK', [47541, 47764]],
  ['Quad9', [19281], 'anycast'],
  ['OpenDNS', [36692], 'anycast'],
  ['Verisign', [7342, 26415, 36617, 19836, 396605, 396655, 397203, 397207, 397212], 'anycast'],
  ['UltraDNS', [12008, 19905], 'anycast'],
  ['NS1', [62597], 'anycast'],
  ['Dyn', [33517], 'anycast'],
  ['Packet Clearing House', [42, 3856], 'anycast'],
  ['AS112', [112], 'anycast'],
  ['AdGuard', [212772], 'anycast'],
  ['Control D', [398962], 'anycast'],
  ['NextDNS', [34939], 'anycast'],
  ['CDNetworks', [36408, 38107], 'anycast'],
  ['Gcore', [199524], 'anycast'],
  ['NTP Pool / Netnod', [57021, 39839], 'anycast'],
  ['Cogent', [174]],
  ['Hurricane Electric', [6939]],
  ['Lumen', [3356, 3549, 209]],
  ['NTT', [2914]],
  ['Telia', [1299]],
  ['Deutsche Telekom', [3320]],
  ['Comcast', [7922]],
  ['AT&T', [7018]],
  ['Verizon', [701, 702]],
  ['Orange', [3215, 5511]],
  ['China Telecom', [4134, 4809, 4812, 23724]],
  ['China Unicom', [4837, 4808, 10099, 9929]],
  ['China Mobile', [9808, 56040, 58453]],
  ['LG Uplus', [3786]],
  ['Korea Telecom', [4766]],
];

const BY_ASN: ReadonlyMap<string, Provider> = new Map(
  PROVIDERS.flatMap(([name, asns, anycast]) =>
    asns.map((asn): [string, Provider] => [String(asn), anycast === undefined ? { name } : { name, anycast: true }]),
  ),
);

/** Undefined for the many networks that have no row: the AS organisation is used as it is. */
export function providerOf(asn: number): Provider | undefined {
  return BY_ASN.get(String(asn));
}
