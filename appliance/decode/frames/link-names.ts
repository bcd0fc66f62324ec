// Names of link types that Weir does not read but that a Pi or a laboratory meets, for reports.
// Source: the registry of tcpdump.org/linktypes.html.

const NAMES: ReadonlyMap<number, string> = new Map([
  [143, 'DOCSIS'],
  [186, 'USB of FreeBSD'],
  [187, 'Bluetooth HCI H4'],
  [189, 'USB of Linux'],
  [192, 'PPI'],
  [195, 'IEEE 802.15.4 with check sum'],
  [201, 'Bluetooth HCI H4 with direction'],
  [215, 'IEEE 802.15.4 non-ASK PHY'],
  [220, 'USB of Linux, padded'],
  [227, 'CAN'],
  [230, 'IEEE 802.15.4'],
  [249, 'USB of Windows'],
  [251, 'Bluetooth Low Energy'],
  [253, 'Netlink of Linux'],
  [254, 'Bluetooth monitor of Linux'],
  [256, 'Bluetooth Low Energy with radio header'],
  [266, 'USB of macOS'],
  [272, 'Nordic Bluetooth sniffer'],
  [283, 'IEEE 802.15.4 TAP'],
  [288, 'USB 2.0'],
  [293, 'USB 2.0 low speed'],
  [294, 'USB 2.0 full speed'],
  [295, 'USB 2.0 high speed'],
]);

/** `239`, or with its name where it has one: `251 (Bluetooth Low Energy)`. */
export function linkTypeText(linkType: number): string {
  const name = NAMES.get(linkType);
  return name === undefined ? String(linkType) : `${linkType} (${name})`;
}
