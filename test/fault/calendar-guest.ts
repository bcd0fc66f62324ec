// For clock-step.test.ts, under libfaketime: the appliance's calendar with a job each minute and its guard, joined as appliance.ts
// does. Says a line for each run and each step that the guard saw, and at its end the processor time that all of it took.

import { Schedule } from '../../appliance/experiment/schedule.ts';
import { ClockGuard } from '../../appliance/health/clock-guard.ts';
import { systemClock } from '../../appliance/model/time/clock.ts';

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const job = { name: 'minutely', cron: '* * * * *', timezone: 'Etc/UTC', run: async () => say('run') };
const schedule = new Schedule([job], (text) => say(`problem ${text}`));
const guard = new ClockGuard(systemClock, ({ seconds }) => {
  schedule.restart();
  say(`step ${seconds}`);
});
const before = process.cpuUsage();
guard.start();
schedule.begin();
say('begun');
process.on('SIGTERM', () => {
  guard.stop();
  void schedule.stop();
  const { user, system } = process.cpuUsage(before);
  say(`took ${Math.round((user + system) / 1000)} ms`);
  process.exit(0);
});
