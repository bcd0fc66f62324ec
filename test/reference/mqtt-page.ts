// MQTT.md: topics, requests and payloads, drawn from their declarations.

import type { TSchema } from 'typebox';
import { REQUESTS } from '../../appliance/publish/mqtt/commands.ts';
import { TOPICS, type TopicForm } from '../../appliance/publish/mqtt/topics.ts';
import { MQTT_SCHEMAS } from '../../appliance/publish/schemas/mqtt.ts';
import { page, table } from './page-parts.ts';

const KEPT: Readonly<Record<string, string>> = {
  appliance: 'retained; withdrawn when the base topic changes',
  device: 'retained; withdrawn when the device is no longer known',
};

export function mqttPage(): string {
  return page(
    'MQTT',
    'topics.ts`, `commands.ts` and `../schemas/mqtt.ts',
    'Where `mqtt.url` is set, Weir publishes to a broker with MQTT 5 or 3.1.1 (`mqtt.protocol`), everything at QoS 1. Topics are below\n`mqtt.base_topic`, by default `weir/<appliance id>`. `{device}` is a MAC without separators. Payloads hold sums and\nnames, never captured bytes or addresses of remote hosts; none is longer than 32 KiB. After each connection everything that is retained is\nsent again. With `mqtt.discovery`, Home Assistant finds appliance and devices by themselves. `weir mosquitto` writes the\nconfiguration of a broker in which these topics have their readers and writers.',
    [topics(), requests(), payloads()],
  );
}

function topics(): string {
  const forms: readonly TopicForm[] = Object.values(TOPICS);
  const rows = forms.map(({ path, payload, kept, when }) => [
    `\`${path}\``,
    payload === null ? 'see below' : payload === 'text' ? 'a word' : `\`${payload}\``,
    when,
    kept === null ? 'no' : (KEPT[kept] ?? kept),
  ]);
  return `## Topics\n\n${table(['topic', 'payload', 'what and when', 'retained'], rows)}`;
}

function requests(): string {
  const rows = Object.entries(REQUESTS).map(([verb, { payload, does }]) => [`\`${verb}\``, does, fields(payload)]);
  return `## Requests\n\nWhere \`mqtt.commands\` is on, a message to \`request/{verb}\` is carried out and answered on \`response/{verb}\` with\n\`{status, data, error, transaction}\`. An unknown field is an error. A retained request is not carried out. Thirty at once and ten a\nminute are taken.\n\n${table(['verb', 'what it does', 'fields; `?` may be left out'], rows)}`;
}

function payloads(): string {
  const rows = Object.entries(MQTT_SCHEMAS).map(([name, schema]) => [`\`${name}\``, fields(schema)]);
  return `## Payloads\n\n[payloads.schema.json](payloads.schema.json) is their JSON Schema. A payload only ever gains fields.\n\n${table(['schema', 'fields'], rows)}`;
}

function fields(schema: TSchema): string {
  const { properties = {}, required = [] } = schema as { properties?: Record<string, TSchema>; required?: string[] };
  const names = Object.keys(properties).map((name) => `\`${name}\`${required.includes(name) ? '' : '?'}`);
  return names.length === 0 ? 'none' : names.join(', ');
}
