// Every topic of the appliance, declared once (CONVENTIONS §1): its form, its payload, when it is published and whose it is. Names,
// what is withdrawn from the broker, and MQTT.md follow from it. Every character of a topic is one that we generate: the configured
// base, the appliance's id, twelve hexadecimal digits of a MAC, and fixed words. Names that devices gave themselves are in payloads only.

import type { MQTT_SCHEMAS } from '../schemas/mqtt.ts';

export interface TopicForm {
  /** Below the base topic; `{device}`, `{finding}` and `{verb}` are filled in. */
  readonly path: string;
  /** Name of its schema in `payloads.schema.json`; `text` for a bare word; null where the publisher is not the appliance. */
  readonly payload: keyof typeof MQTT_SCHEMAS | 'text' | null;
  /**
   * Whose the retained message is. An appliance's is replaced, and withdrawn when the base topic changes; a device's is withdrawn
   * as well when the appliance no longer knows the device. Null: the broker does not keep it.
   */
  readonly kept: 'appliance' | 'device' | null;
  /** For people: what it is and when it is published. */
  readonly when: string;
}

export const TOPICS = {
  availability: {
    path: 'availability',
    payload: 'text',
    kept: 'appliance',
    when: '`online` after each connection; `offline` by the broker (last will) when it is lost',
  },
  state: {
    path: 'state',
    payload: 'weir.mqtt.state/1',
    kept: 'appliance',
    when: 'the appliance: at once when capture, phase or clock change, else once a minute',
  },
  openFindings: {
    path: 'findings/open',
    payload: 'weir.mqtt.findings/1',
    kept: 'appliance',
    when: 'the open findings, most severe first: when one begins or ends',
  },
  day: {
    path: 'summary/day',
    payload: 'weir.mqtt.day/1',
    kept: 'appliance',
    when: 'sums of the 24 full hours before: once a day',
  },
  deviceState: {
    path: 'device/{device}/state',
    payload: 'weir.mqtt.device/1',
    kept: 'device',
    when: 'a device: at once when its presence, name or findings change, else at most every ten seconds',
  },
  deviceHour: {
    path: 'device/{device}/summary/hour',
    payload: 'weir.mqtt.hour/1',
    kept: 'device',
    when: 'the newest hour of a device: when the hour closes, and again when a late packet changes it',
  },
  finding: {
    path: 'device/{device}/finding/{finding}',
    payload: 'weir.mqtt.finding/1',
    kept: null,
    when: 'a finding begins, goes on (at most once a minute) or ends; `_` for a device that is not known',
  },
  event: {
    path: 'event',
    payload: 'weir.mqtt.event/1',
    kept: null,
    when: 'phases, tags and gaps as the ledger records them, and each message about a finding once more',
  },
  call: {
    path: 'campaign/call',
    payload: 'weir.mqtt.call/1',
    kept: null,
    when: 'a campaign asks Home Assistant for an action',
  },
  requests: {
    path: 'request/{verb}',
    payload: null,
    kept: null,
    when: 'read by the appliance where `mqtt.commands` is on; see below',
  },
  response: { path: 'response/{verb}', payload: 'response', kept: null, when: 'the answer to a request' },
} as const satisfies Readonly<Record<string, TopicForm>>;

export interface Topics {
  readonly base: string;
  readonly availability: string;
  readonly state: string;
  readonly event: string;
  readonly call: string;
  readonly day: string;
  readonly openFindings: string;
  /** What to subscribe to for requests. */
  readonly requests: string;
  device(id: string): { readonly state: string; readonly hour: string };
  finding(device: string, finding: string): string;
  response(verb: string): string;
  /** Those that the broker is to keep while these devices are known. */
  kept(devices: readonly string[]): string[];
}

export function makeTopics(baseTopic: string, applianceId: string): Topics {
  const base = baseTopic === '' ? `weir/${applianceId}` : baseTopic.replace(/\/+$/, '');
  const named = (name: keyof typeof TOPICS, parts: Readonly<Record<string, string>> = {}): string =>
    `${base}/${TOPICS[name].path.replaceAll(/\{(\w+)\}/g, (_, part: string) => parts[part] ?? '_')}`;
  const names = Object.keys(TOPICS) as (keyof typeof TOPICS)[];
  const keptBy = (owner: TopicForm['kept']) => names.filter((name) => TOPICS[name].kept === owner);
  return {
    base,
    availability: named('availability'),
    state: named('state'),
    event: named('event'),
    call: named('call'),
    day: named('day'),
    openFindings: named('openFindings'),
    requests: `${base}/request/#`,
    device: (id) => ({
      state: named('deviceState', { device: word(id) }),
      hour: named('deviceHour', { device: word(id) }),
    }),
    finding: (device, finding) => named('finding', { device: word(device), finding: word(finding) }),
    response: (verb) => named('response', { verb }),
    kept: (devices) => [
      ...keptBy('appliance').map((name) => named(name)),
      ...devices.flatMap((id) => keptBy('device').map((name) => named(name, { device: word(id) }))),
    ],
  };
}

/** Last line of defence: whatever gets here, only these characters get into a topic. */
export function word(text: string): string {
  return (
    text
      .toLowerCase()
      .replaceAll(/[^a-z0-9_-]/g, '')
      .slice(0, 64) || '_'
  );
}
