// The status for a person at a terminal.

import { printable } from '../../model/text.ts';
import type { ApStation, ApStatus } from './status.ts';
import { apWarnings } from './warnings.ts';

export function apStatusText(status: ApStatus, remark: string): string {
  const { counters } = status;
  const rows = [
    ['state', `${status.state} since ${status.since}${status.reason === '' ? '' : `: ${status.reason}`}`],
    ['network', `${status.ssid}, ${status.security}, ${status.band} GHz channel ${status.channel}, ${status.country}`],
    ['interface', `${status.interface} in ${status.bridge}, uplink ${status.uplink || 'none'}`],
    ['addresses', `${status.leases.used} of ${status.leases.pool} given out`],
    ['local', `traffic between devices: ${status.local_traffic} (${status.local_traffic_reason})`],
    [
      'counts',
      `${counters.joins} joins, ${counters.churn} quick returns, ${counters.wrong_passphrase} wrong passphrases, ${counters.repairs} repairs`,
    ],
    ...(status.last_trouble === null ? [] : [['problem', `${status.last_trouble.at} ${status.last_trouble.text}`]]),
    ...status.stations.map((station) => ['station', stationText(station)]),
    ...[remark, ...apWarnings(status)].filter((text) => text !== '').map((text) => ['warning', text]),
  ];
  return rows.map(([name = '', text = '']) => `${name.padEnd(11)}${printable(text, 500)}`).join('\n');
}

function stationText({ mac, ip, present, signal_dbm, inactive_seconds }: ApStation): string {
  const heard = inactive_seconds === null ? 'not asked yet' : `heard ${inactive_seconds.toFixed(0)} s ago`;
  return `${mac} ${ip ?? 'no address'}, ${present ? 'present' : 'absent'}, ${heard}, signal ${signal_dbm ?? 'unknown'} dBm`;
}
