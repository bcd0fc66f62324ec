// Steps that the machine does alone: what it is, its card, its processor under load, its clock.

import { cpus } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { bytesText } from '../../../model/quantity.ts';
import { throttledWords } from '../../machine-sample.ts';
import { measureCard } from '../card-speed.ts';
import { makeReport } from '../report.ts';
import { type Bench, reading, type Step, type StepOutcome } from './step.ts';

/** Written to the card: some 0.0001 of what the poorest card endures. */
const CARD_WORK = { bytes: 64 * 1024 * 1024, syncs: 64, milliseconds: 20_000 };
/** 10,000 packets/s of 750 bytes. */
const NEEDED_BYTES_PER_SECOND = 7_500_000;
/** A clock that is off by more is not one that survives a power cut. */
const RTC_SECONDS = 5;

const machine: Step = {
  id: 'machine',
  title: 'The machine',
  todo: null,
  run: async ({ host, facts, config }) => {
    const { found } = facts.radio;
    const answer = await host.run('ethtool', ['-i', config.ap.interface]);
    const firmware = 'value' in answer ? (/^firmware-version: (.+)$/m.exec(answer.value)?.[1] ?? null) : null;
    const figures = {
      model: facts.machine.model || null,
      kernel: facts.machine.kernel,
      node: process.version,
      radio: found === null ? null : `${found.name}, ${found.driver} ${found.chip} (${found.bus})`,
      radio_firmware: firmware,
      country: 'value' in facts.radio.country ? facts.radio.country.value : null,
    };
    return { state: 'measured', text: facts.machine.model || 'a machine without a name', figures };
  },
};

const checkUp: Step = {
  id: 'check-up',
  title: 'The check-up of `weir doctor`',
  todo: null,
  run: async ({ facts }) => {
    const { counts, checks } = makeReport(facts, '');
    const wrong = checks.filter(({ verdict }) => verdict === 'fail' || verdict === 'warn');
    const text = wrong.map(({ id, verdict, seen }) => `${verdict} ${id}: ${seen}`).join('; ');
    return {
      state: counts.fail === 0 ? 'passed' : 'failed',
      text: text || 'nothing was found',
      figures: { ...counts },
    };
  },
};

const card: Step = {
  id: 'card',
  title: 'Speed and age of the card',
  todo: null,
  run: async ({ host, config, facts }) => {
    const look = await measureCard(config.data.dir, CARD_WORK);
    if ('unknown' in look) return { state: 'skipped', text: look.unknown };
    const source = 'value' in facts.storage.mount ? facts.storage.mount.value.source.replace('/dev/', '') : '';
    const disk = /^(mmcblk\d+|nvme\d+n\d+|sd[a-z]+)/.exec(source)?.[1] ?? '';
    const { bytesPerSecond, medianSyncMs, worstSyncMs, writtenBytes } = look.value;
    const [name, date, lifetime] = await Promise.all([
      host.read(`/sys/block/${disk}/device/name`),
      host.read(`/sys/block/${disk}/device/date`),
      reading(host, `/sys/fs/ext4/${source}/lifetime_write_kbytes`),
    ]);
    return {
      state: bytesPerSecond >= NEEDED_BYTES_PER_SECOND ? 'passed' : 'failed',
      text: `${bytesText(Math.round(bytesPerSecond))}/s; ${bytesText(writtenBytes)} were written to find out`,
      figures: {
        bytes_written_by_test: writtenBytes,
        bytes_per_second: Math.round(bytesPerSecond),
        sync_median_ms: Number(medianSyncMs.toFixed(2)),
        sync_worst_ms: Number(worstSyncMs.toFixed(2)),
        card: name?.trim() ?? null,
        made: date?.trim() ?? null,
        file_system_written_kib: lifetime,
      },
    };
  },
};

const load: Step = {
  id: 'load',
  title: 'Temperature and speed with all cores busy',
  todo: null,
  run: async (bench) => {
    const workers = cpus().map(() => new Worker('for (;;) Math.sqrt(Math.random());', { eval: true }));
    try {
      return await watchLoad(bench);
    } finally {
      await Promise.all(workers.map((worker) => worker.terminate()));
    }
  },
};

async function watchLoad({ host, loadSeconds, say }: Bench): Promise<StepOutcome> {
  const temperatures: number[] = [];
  const frequencies: number[] = [];
  const words = new Set<string>();
  for (let second = 0; second < loadSeconds; second++) {
    await pause(1000);
    const [heat, frequency, answer] = await Promise.all([
      reading(host, '/sys/class/thermal/thermal_zone0/temp'),
      reading(host, '/sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq'),
      host.run('vcgencmd', ['get_throttled']),
    ]);
    if (heat !== null) temperatures.push(heat / 1000);
    if (frequency !== null) frequencies.push(frequency / 1000);
    const hex = 'value' in answer ? /0x([0-9a-fA-F]+)/.exec(answer.value)?.[1] : undefined;
    for (const word of throttledWords(hex ?? '0')) words.add(word);
    if (second % 15 === 14)
      say(`${second + 1} of ${loadSeconds} s, ${heat === null ? 'no sensor' : `${(heat / 1000).toFixed(1)} °C`}`);
  }
  const figures = {
    seconds: loadSeconds,
    cores: cpus().length,
    hottest_celsius: temperatures.length === 0 ? null : Math.max(...temperatures),
    slowest_mhz: frequencies.length === 0 ? null : Math.min(...frequencies),
    fastest_mhz: frequencies.length === 0 ? null : Math.max(...frequencies),
    firmware_said: words.size === 0 ? null : [...words].join(', '),
  };
  if (words.size > 0) return { state: 'failed', text: `the firmware says: ${[...words].join(', ')}`, figures };
  if (temperatures.length === 0) return { state: 'measured', text: 'this machine has no sensor', figures };
  return { state: 'passed', text: `at most ${Math.max(...temperatures).toFixed(1)} °C, not throttled`, figures };
}

const clock: Step = {
  id: 'clock',
  title: 'The real-time clock',
  todo: null,
  run: async ({ host, facts }) => {
    const { rtc } = facts.clock;
    if (rtc === null)
      return {
        state: 'failed',
        text: 'there is none: after a power cut the time is wrong until a time service answers',
      };
    const [name = ''] = (await host.list('/sys/class/rtc')).filter((one) => /^rtc\d+$/.test(one)).sort();
    const seconds = await reading(host, join('/sys/class/rtc', name, 'since_epoch'));
    const offset = seconds === null ? null : Math.round(seconds - Date.now() / 1000);
    const figures = { driver: rtc.name, battery_volts: rtc.batteryVolts, offset_seconds: offset };
    if (offset === null) return { state: 'measured', text: `${rtc.name}, which cannot be read`, figures };
    const state = Math.abs(offset) <= RTC_SECONDS ? 'passed' : 'failed';
    return { state, text: `${rtc.name}, ${offset} s from the system's time`, figures };
  },
};

export const MACHINE_STEPS: readonly Step[] = [machine, checkUp, card, load, clock];
