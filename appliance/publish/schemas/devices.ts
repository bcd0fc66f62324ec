// HTTP API: devices, their hours and documents.

import { type Static, Type } from 'typebox';
import { FACT_WORDS, IDENTITY_TEXT } from '../../model/user-identity.ts';
import { closed, count, literals, nullable, phaseSchema, text } from './words.ts';

/** Longest word for a device: a name of DNS. */
export const DEVICE_WORD = 253;

export const deviceRowSchema = closed({
  /** The MAC without separators, or `_infra` or `_overflow`: the id in paths and topics. */
  id: Type.String(),
  /** null for `_infra` and `_overflow`. */
  mac: nullable(Type.String()),
  /** The best name known, text from the device; empty when there is none. */
  name: Type.String(),
  /** Where the name comes from (`dhcp`, `mdns`, …); empty when there is none. */
  name_source: Type.String(),
  /** By the address; often the maker of the radio module only. */
  vendor: nullable(Type.String()),
  /** By what the device says of itself, else the vendor. */
  maker: nullable(Type.String()),
  model: nullable(Type.String()),
  randomised: Type.Boolean(),
  category: nullable(Type.String()),
  /** IoT clouds that a platform rule is certain of, sorted. */
  platforms: Type.Array(Type.String()),
  ips: Type.Array(Type.String()),
  first_seen: nullable(Type.String()),
  last_seen: nullable(Type.String()),
  /** Seen within the last five minutes of capture. */
  present: Type.Boolean(),
  packets: count(),
  bytes_up: count(),
  bytes_down: count(),
  destinations: count(),
  countries: Type.Array(Type.String()),
  findings: closed({ low: count(), medium: count(), high: count() }),
  /** Whether any conversation was seen in the clear. */
  cleartext: Type.Boolean(),
  /** Bytes of conversations by verdict; services that are plain by design (DNS, NTP, …) are left out. */
  verdicts: Type.Record(Type.String(), count()),
  /** The same, apart: conversations with the Internet, and those at home. */
  protection: closed({
    internet: Type.Record(Type.String(), count()),
    home: Type.Record(Type.String(), count()),
  }),
  /** Whether a finding of severity high says that somebody else can read its content (rules CLR, CRED, PII). */
  readable: Type.Boolean(),
  segments: count(),
  /** Bytes of the last 60 minutes, oldest first, one number a minute. */
  sparkline: Type.Array(count()),
  /** Where its last minute begins, in seconds since 1970. */
  sparkline_minute: count(),
});
export type DeviceRow = Static<typeof deviceRowSchema>;

export const devicesSchema = closed({
  ts: Type.String(),
  /** Since the oldest change that these rows do not show yet; 0 while they show all that is analysed. */
  age_seconds: Type.Number({ minimum: 0 }),
  devices: Type.Array(deviceRowSchema),
});
export type DevicesResponse = Static<typeof devicesSchema>;

/** A MAC in any form, `_infra`, `_overflow`, an IP address of the device, or its name (device-word.ts). */
export const deviceWordSchema = text(DEVICE_WORD);
export const deviceParamsSchema = closed({ id: deviceWordSchema });
export const phaseQuerySchema = closed({ phase: Type.Optional(phaseSchema) });
export type PhaseQuery = Static<typeof phaseQuerySchema>;

const identityText = () => Type.String({ maxLength: IDENTITY_TEXT });
const factText = () => Type.Optional(identityText());
const names = { name: identityText(), vendor: identityText(), category: identityText() };

/** What a person says a device is: wins over what is inferred. All three empty takes everything back, the registry's facts too. */
export const identityRequestSchema = closed(names);
export type IdentityRequest = Static<typeof identityRequestSchema>;

const factTexts = { model: factText(), firmware: factText(), assistants: factText(), children: factText() };
const facts = {
  code: Type.Optional(literals(FACT_WORDS.code)),
  link: Type.Optional(literals(FACT_WORDS.link)),
  source: Type.Optional(literals(FACT_WORDS.source)),
  role: Type.Optional(literals(FACT_WORDS.role)),
  ...factTexts,
};
/** An empty one takes back what was said. */
const saidFacts = {
  code: Type.Optional(literals(['', ...FACT_WORDS.code])),
  link: Type.Optional(literals(['', ...FACT_WORDS.link])),
  source: Type.Optional(literals(['', ...FACT_WORDS.source])),
  role: Type.Optional(literals(['', ...FACT_WORDS.role])),
  ...factTexts,
};

/** Rows of the registry: what a row does not say stays as it was. Devices need not have been seen. */
export const registryRequestSchema = closed({
  devices: Type.Array(
    closed({
      mac: Type.String({ maxLength: 17 }),
      name: factText(),
      vendor: factText(),
      category: factText(),
      ...saidFacts,
    }),
    { maxItems: 1024 },
  ),
});
export type RegistryRequest = Static<typeof registryRequestSchema>;

/** `written`: how many rows said anything new. */
export const registryWrittenSchema = closed({ written: count() });

export const registrySchema = closed({
  devices: Type.Array(closed({ mac: Type.String(), ...names, ...facts, by: Type.String(), ts: Type.String() })),
});
export type RegistryResponse = Static<typeof registrySchema>;

/** SHA-256 of what the figures depend on in addition to the packets: version, schema and port list; address table; rules. */
const madeWithSchema = closed({
  analysis: Type.String(),
  geo: nullable(Type.String()),
  rules: nullable(Type.String()),
});

export const hourRowSchema = closed({
  /** Start of the hour, ISO 8601 UTC. */
  hour: Type.String(),
  phase: phaseSchema,
  /** False while a segment of this hour is open. */
  complete: Type.Boolean(),
  packets: count(),
  bytes_up: count(),
  bytes_down: count(),
  payload_bytes: count(),
  conversations: count(),
  destinations: count(),
  countries: Type.Array(Type.String()),
  dns_queries: count(),
  findings: count(),
  /** Rises with each packet that the hour gains; never falls, even where files of it are deleted and an index made again counts fewer. Another row of the same revision differs in `made_with`: it is a correction. */
  revision: count(),
  made_with: madeWithSchema,
});
export type HourRow = Static<typeof hourRowSchema>;

export const hoursSchema = closed({ device: Type.String(), hours: Type.Array(hourRowSchema) });
export type HoursResponse = Static<typeof hoursSchema>;

/** Names asked for in DNS by hour and phase: the most frequent; `dns_queries` counts those without a row here as well. */
export const hourNamesSchema = closed({
  device: Type.String(),
  hours: Type.Array(
    closed({
      /** Start of the hour, ISO 8601 UTC. */
      hour: Type.String(),
      phase: phaseSchema,
      dns_queries: count(),
      queried: Type.Record(Type.String(), count()),
    }),
  ),
});
export type HourNamesResponse = Static<typeof hourNamesSchema>;

/** The analysis document of CONVENTIONS §9; its types are in model/analysis-document.ts and it only ever gains fields. */
export const documentSchema = Type.Object(
  {
    schema: Type.Literal('weir.analysis/1'),
    /** Rises with each packet; never falls, even where files are deleted and an index made again counts fewer. Another document of the same revision differs in `made_with`: it is a correction. */
    revision: count(),
    made_with: madeWithSchema,
  },
  {
    additionalProperties: true,
    description:
      'The analysis document that `weir analyze --format json` prints, with its revision and what it was made with.',
  },
);
