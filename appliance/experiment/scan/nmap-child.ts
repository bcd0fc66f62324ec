// nmap as a child: its words, its end, its document. It sends from one port (SCANNER_PORTS) and through the kernel's IP layer, so
// that the unit's filter on networks holds for it and its packets can be distinguished.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { systemCode } from '../../model/errors.ts';
import { SCANNER_PORTS } from '../../model/scan/port-scan.ts';
import { printable } from '../../model/text.ts';
import { MAX_XML_BYTES } from './nmap-xml.ts';

export type NmapEnd =
  | { readonly end: 'done'; readonly xml: string; readonly seconds: number }
  | { readonly end: 'missing' }
  | { readonly end: 'failed'; readonly text: string };

/** Once so many characters of nmap's complaints are held, no more are added; the error shows 300. */
const MAX_WORDS = 2000;

/** In a folder where programs are looked for. */
export function isNmapInstalled(): boolean {
  const folders = (process.env['PATH'] ?? '/usr/bin').split(delimiter);
  return folders.some((folder) => folder !== '' && existsSync(join(folder, 'nmap')));
}

/** Of one protocol and some ports of one host. No host discovery: neighbour.ts has done that, by the layer-2 address. */
export function portWords(
  proto: 'tcp' | 'udp',
  ports: string,
  address: string,
  device: string,
  rate: number,
): string[] {
  const top = /^top (\d+)$/.exec(ports);
  const which = top === null ? ['-p', ports] : ['--top-ports', top[1] ?? '1'];
  const how = proto === 'tcp' ? '-sS' : '-sU';
  return [how, ...which, '-Pn', '--send-ip', '--max-retries', '6', ...common(device, rate), address];
}

/** ARP finds who is there; then the operating system is guessed from how it answers on some ports. */
export function discoverWords(network: string, device: string, rate: number): string[] {
  return ['-sS', '--top-ports', '50', '-O', '--osscan-limit', '--max-os-tries', '1', ...common(device, rate), network];
}

function common(device: string, rate: number): string[] {
  return ['-n', '-T4', '-g', String(SCANNER_PORTS.first), '-e', device, '--max-rate', String(rate), '-oX', '-'];
}

/** @param limitSeconds nmap is ended when it takes longer; it keeps its own pace within. */
export function runNmap(words: readonly string[], limitSeconds: number, stop: AbortSignal): Promise<NmapEnd> {
  return new Promise((resolve) => {
    const began = performance.now();
    // It looks at the user, not at the capability that it has.
    const child = spawn('nmap', words, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'], LC_ALL: 'C', NMAP_PRIVILEGED: '1' },
    });
    const parts: Buffer[] = [];
    let bytes = 0;
    let said = '';
    let why = '';
    const end = (reason: string) => {
      why ||= reason;
      child.kill('SIGKILL');
    };
    const timer = setTimeout(() => end(`it took longer than ${limitSeconds} s`), limitSeconds * 1000);
    const onStop = () => end('it was stopped');
    stop.addEventListener('abort', onStop);
    child.stdout.on('data', (part: Buffer) => {
      bytes += part.length;
      if (bytes > MAX_XML_BYTES) end('its answer is too long');
      else parts.push(part);
    });
    child.stderr.setEncoding('utf8').on('data', (part: string) => {
      if (said.length < MAX_WORDS) said += part;
    });
    const settle = (value: NmapEnd) => {
      clearTimeout(timer);
      stop.removeEventListener('abort', onStop);
      resolve(value);
    };
    child.once('error', (error) => {
      if (systemCode(error) === 'ENOENT') settle({ end: 'missing' });
      else settle({ end: 'failed', text: error.message });
    });
    child.once('close', (code, signal) => {
      if (code === 0 && why === '') {
        const xml = Buffer.concat(parts).toString('utf8');
        return settle({ end: 'done', xml, seconds: (performance.now() - began) / 1000 });
      }
      const words = printable(said.trim().replace(/\s+/g, ' '), 300);
      settle({ end: 'failed', text: why || words || `it ended with ${signal ?? code}` });
    });
    if (stop.aborted) onStop();
  });
}
