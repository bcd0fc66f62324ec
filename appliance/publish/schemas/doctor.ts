// The words of the check-up on the API; the report itself is `weir.doctor/1` of health/doctor/report.ts.

import { type Static, Type } from 'typebox';
import { AREAS, VERDICTS } from '../../model/check-up.ts';

const count = () => Type.Integer({ minimum: 0 });
const words = <T extends string>(list: readonly T[]) =>
  Type.Unsafe<T>(Type.Union(list.map((word) => Type.Literal(word))));

const checkSchema = Type.Object(
  {
    id: Type.String(),
    area: words(AREAS),
    title: Type.String(),
    verdict: words(VERDICTS),
    seen: Type.String(),
    means: Type.String(),
    fix: Type.String(),
  },
  { additionalProperties: false },
);

export type DoctorCheck = Static<typeof checkSchema>;

const reportSchema = Type.Object(
  {
    schema: Type.Literal('weir.doctor/1'),
    ts: Type.String(),
    version: Type.String(),
    verdict: words(['ok', 'warn', 'fail']),
    counts: Type.Object(
      { ok: count(), warn: count(), fail: count(), unknown: count(), not_applicable: count() },
      { additionalProperties: false },
    ),
    as_root: Type.Boolean(),
    config: Type.Union([Type.String(), Type.Null()]),
    checks: Type.Array(checkSchema),
  },
  { additionalProperties: false },
);

export const doctorSchema = Type.Object(
  {
    /** `running`: a look is under way; ask again in a second or two. */
    state: words(['idle', 'running']),
    /** The last report; null before the first look. */
    report: Type.Union([reportSchema, Type.Null()]),
  },
  { additionalProperties: false, description: 'The last check-up of the machine.' },
);
export type DoctorResponse = Static<typeof doctorSchema>;
