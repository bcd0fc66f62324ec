// The Wi-Fi QR code that phones understand, for the console, a text file and a browser.

import encodeQR from 'qr';
import type { WifiNetwork } from './wifi.ts';

const QUIET_ZONE = 2;

/** The form that Android, iOS and ZXing read; WPA means WPA2 and WPA3 alike. */
export function wifiCode({ ssid, passphrase }: WifiNetwork): string {
  return `WIFI:T:WPA;S:${escaped(ssid)};P:${escaped(passphrase)};;`;
}

function escaped(text: string): string {
  return text.replaceAll(/[\\;,":]/g, (character) => `\\${character}`);
}

/** `ink`: what a printed block represents: dark on paper, light on a black console. */
export function qrBlocks(code: string, ink: 'dark' | 'light'): string {
  const rows = encodeQR(code, 'raw', { ecc: 'low', border: QUIET_ZONE });
  const drawn = (row: number, column: number) => (rows[row]?.[column] ?? false) === (ink === 'dark');
  const lines: string[] = [];
  for (let row = 0; row < rows.length; row += 2)
    lines.push((rows[row] ?? []).map((_, column) => block(drawn(row, column), drawn(row + 1, column))).join(''));
  return lines.join('\n');
}

/** Two modules in one character, so that they come out square. */
function block(upper: boolean, lower: boolean): string {
  if (upper) return lower ? '█' : '▀';
  return lower ? '▄' : ' ';
}

export function qrSvg(code: string): string {
  return `${encodeQR(code, 'svg', { ecc: 'medium', border: 4 })}\n`;
}
