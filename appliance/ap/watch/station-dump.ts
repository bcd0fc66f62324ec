// The kernel's list of stations, as `iw dev wlan0 station dump` prints it (iw 5.4 to 6.9).

export interface StationFacts {
  readonly inactiveSeconds: number | null;
  readonly signalDbm: number | null;
  /** Counted at 802.11 level by the radio: near what is captured, not equal to it. */
  readonly rxBytes: number | null;
  readonly txBytes: number | null;
}

export function parseStationDump(text: string): Map<string, StationFacts> {
  const stations = new Map<string, StationFacts>();
  for (const part of text.split(/^Station /m).slice(1)) {
    const mac = /^[0-9a-f:]{17}/.exec(part)?.[0];
    if (mac === undefined) continue;
    const milliseconds = field(part, /inactive time:\s+(\d+) ms/);
    stations.set(mac, {
      inactiveSeconds: milliseconds === null ? null : milliseconds / 1000,
      signalDbm: field(part, /signal:\s+(-?\d+)/),
      rxBytes: field(part, /rx bytes:\s+(\d+)/),
      txBytes: field(part, /tx bytes:\s+(\d+)/),
    });
  }
  return stations;
}

function field(text: string, pattern: RegExp): number | null {
  const digits = pattern.exec(text)?.[1];
  return digits === undefined ? null : Number(digits);
}
