// A port scan of the invented home's first device: a camera that says hostile things about itself.

import { addLooks, addPart, beginScan, closeWindow, openWindow } from '../../appliance/experiment/scan/scan-record.ts';
import { parseMac } from '../../appliance/model/mac.ts';
import { NO_PORTS, type PortScan } from '../../appliance/model/scan/port-scan.ts';
import { scanDetail, scanRow } from '../../appliance/publish/scan-view.ts';
import type { ScanDetail, ScansResponse } from '../../appliance/publish/schemas/scan.ts';
import { ipOf } from './mock-figures.ts';
import { HOME } from './mock-home.ts';

export const SCAN_BANNER = '<img src=x onerror=alert(1)>';

function scanOf(now: number): PortScan {
  const [one] = HOME;
  const mac = parseMac(one?.mac ?? '');
  if (one === undefined || mac === undefined) throw new TypeError('the home is empty');
  const begun = new Date(now).toISOString();
  const found = (open: string) => ({
    states: { ...NO_PORTS, open, closed: '1-10' },
    source: '10.77.0.1',
    version: '7.93',
    seconds: 9,
  });
  const address = ipOf(one);
  const empty = beginScan({ device: mac, address, profile: 'quick', by: 'page', rate: 200 }, begun);
  const scan = addPart(addPart(openWindow(empty, address, begun), 0, found('80,554'), begun), 1, found(''), begun);
  const look = { port: 80, as: 'http', banner: SCAN_BANNER, result: 'answered', open_access: true };
  return closeWindow(addLooks(scan, [look]), 'done', '', begun);
}

/** `device`: id of the device that is asked about. */
export function scansOf(device: string, started: number): ScansResponse {
  const scan = scanOf(started);
  return { scans: scan.device.replaceAll(':', '') === device ? [scanRow(scan)] : [] };
}

export function scanDetailOf(started: number): ScanDetail {
  const scan = scanOf(started);
  return scanDetail(scan, [scan]);
}
