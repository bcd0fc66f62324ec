// The kinds of faults of three days, and how each is made while a capture lives.

import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CaptureProcess } from './capture-process.ts';
import type { Card } from './ext4.ts';
import { faketimeLibrary } from './requirements.ts';
import type { Stage } from './stage.ts';

const ANY = [
  'none',
  'kill',
  'power cut',
  'full card',
  'no inodes',
  'freeze',
  'failing writes',
  'failing syncs',
] as const;
/** Of a capture at an interface. */
export const LIVE_FAULTS = [...ANY, 'engine death', 'pause', 'phase switches'] as const;
/** Of a replay; its clock may be stepped, since its frames carry times of their own. */
export const FILE_FAULTS = [...ANY, 'clock steps', 'phase switches', 'no budget'] as const;

export type Fault = (typeof LIVE_FAULTS)[number] | (typeof FILE_FAULTS)[number];

const CLOCK_STEPS = ['+70', '+777600', '-3600', '+0'];
const TROUBLE_MS = 500;

/** Settings that a fault needs from the start on. Where space is no fault of its own, nothing is deleted for want of it. */
export function settingsFor(fault: Fault): { retention: Record<string, unknown> } {
  if (fault === 'no budget') return { retention: { budget_bytes: 1024 * 1024, idle: 'ring', intensive: 'ring' } };
  return { retention: { idle: 'keep', intensive: 'keep' } };
}

/** What a life is started under: strace injects errors into chosen calls. */
export function wrapperFor(stage: Stage, fault: Fault): string[] {
  const call = fault === 'failing writes' ? 'pwrite64' : fault === 'failing syncs' ? 'fdatasync' : undefined;
  if (call === undefined) return [];
  const inject = `inject=${call}:error=EIO:when=9+11`;
  return ['strace', '-f', '--seccomp-bpf', '-qq', '-o', `${stage.root}/strace`, '-e', `trace=${call}`, '-e', inject];
}

export function environmentFor(stage: Stage, fault: Fault): NodeJS.ProcessEnv {
  const library = faketimeLibrary();
  if (fault !== 'clock steps' || library === undefined) return {};
  setClock(stage, '+0');
  return {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: `${stage.root}/clock`,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  };
}

/** Makes the problem of a fault that comes and goes while capture lives on. */
export async function problem(stage: Stage, card: Card, capture: CaptureProcess, fault: Fault): Promise<void> {
  if (fault === 'freeze') await freeze((await capture.status()).pid);
  if (fault === 'engine death') killChildren((await capture.status()).pid);
  if (fault === 'full card') await fill(stage, card, `dd if=/dev/zero of=${card.folder}/filler bs=64k`);
  if (fault === 'no inodes') await fill(stage, card, touchUntilFull(`${card.folder}/filler`));
  if (fault === 'pause') await pause(capture);
  if (fault === 'phase switches') await switchPhases(capture);
  if (fault === 'clock steps') await stepClock(stage);
}

async function freeze(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  await sleep(TROUBLE_MS);
  process.kill(pid, 'SIGCONT');
}

function killChildren(pid: number): void {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
  for (const child of children) if (child !== '') process.kill(Number(child), 'SIGKILL');
}

async function fill(stage: Stage, card: Card, command: string): Promise<void> {
  stage.run('sh', '-c', `${command} 2>/dev/null; true`);
  await sleep(TROUBLE_MS);
  stage.run('rm', '-r', `${card.folder}/filler`);
}

function touchUntilFull(folder: string): string {
  return `mkdir ${folder}; i=0; while true >${folder}/$i; do i=$((i+1)); done`;
}

async function pause(capture: CaptureProcess): Promise<void> {
  await capture.request({ verb: 'pause', by: 'test', note: 'radio moved' });
  await sleep(TROUBLE_MS);
  await capture.request({ verb: 'resume', by: 'test' });
}

async function switchPhases(capture: CaptureProcess): Promise<void> {
  const by = 'test';
  await capture.request({ verb: 'tag-start', tag: 'lan_on', device: null, by });
  await capture.request({ verb: 'phase', phase: 'intensive', interaction: 'lan_app', by, note: '' });
  await sleep(TROUBLE_MS);
  await capture.request({ verb: 'phase', phase: 'idle', interaction: 'none', by, note: '' });
  await capture.request({ verb: 'tag-stop', tag: 'lan_on', by });
}

async function stepClock(stage: Stage): Promise<void> {
  for (const offset of CLOCK_STEPS) {
    setClock(stage, offset);
    await sleep(TROUBLE_MS);
  }
}

function setClock(stage: Stage, offset: string): void {
  writeFileSync(stage.outside(`${stage.root}/clock`), `${offset}\n`);
}
