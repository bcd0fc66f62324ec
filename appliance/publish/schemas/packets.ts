// HTTP API: one captured packet (model/document/packet.ts says what each field means).

import { Type } from 'typebox';
import type { PacketView } from '../../model/document/packet.ts';
import { closed, count, literals, nullable } from './words.ts';

const range = Type.Array(count(), { minItems: 2, maxItems: 2 });

export const packetParamsSchema = closed({
  seq: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  packet: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
});

/** The readonly type of the model represents the answer. */
export const packetSchema = Type.Unsafe<PacketView>(
  closed({
    schema: Type.Literal('weir.packet/1'),
    segment: nullable(count()),
    packet: count(),
    ts: Type.String(),
    captured_length: count(),
    original_length: count(),
    link_type: count(),
    revealed: Type.Boolean(),
    layers: Type.Array(
      closed({
        name: Type.String(),
        range,
        fields: Type.Array(closed({ name: Type.String(), value: Type.String() })),
      }),
    ),
    /** Two digits a byte, `··` for one that is hidden. */
    hex: Type.String(),
    left_out: count(),
    marked: Type.Array(range),
    message: nullable(
      closed({
        bytes: Type.String(),
        length: count(),
        packets: Type.Array(count()),
        own: range,
        cut: Type.Boolean(),
        marked: Type.Array(range),
      }),
    ),
    /** `same`: the file has the hash that the ledger gives. */
    checked: literals(['same', 'open', 'file']),
    sha256: nullable(Type.String()),
  }),
);
