// HTTP API: bytes per second by direction and protocol.

import { type Static, Type } from 'typebox';
import { deviceWordSchema } from './devices.ts';
import { closed, count, nullable } from './words.ts';

/** Bytes a second. `tcp` and `udp` are all of their kind; `http` and `https` are the parts of them on those ports. */
export const directionSeriesSchema = closed({
  total: Type.Array(count()),
  tcp: Type.Array(count()),
  udp: Type.Array(count()),
  http: Type.Array(count()),
  https: Type.Array(count()),
});
export type DirectionSeries = Static<typeof directionSeriesSchema>;

export const trafficQuerySchema = closed({
  device: Type.Optional(deviceWordSchema),
  seconds: Type.Optional(Type.Integer({ minimum: 10, maximum: 900, default: 300 })),
});
export type TrafficQuery = Static<typeof trafficQuerySchema>;

export const trafficSchema = closed({
  device: nullable(Type.String()),
  /** Seconds since 1970 of the first value of each series, in capture time. */
  from: Type.Integer(),
  step_seconds: Type.Literal(1),
  /** To the device (`in`) and from the device (`out`). */
  in: directionSeriesSchema,
  out: directionSeriesSchema,
});
export type TrafficResponse = Static<typeof trafficSchema>;
