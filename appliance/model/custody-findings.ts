// What capture may find at its start that concerns the evidence itself, as codes of `finding` lines. Written by capture, which
// goes on; reported permanently by `weir verify`: `problem` is what no power cut and no crash leaves behind, `warning` what an
// honest one may. EVIDENCE.md lists them with the attacks.

export const CUSTODY_FINDINGS = {
  LEDGER_LOST: 'problem',
  LEDGER_CUT: 'problem',
  LEDGER_SHORT: 'warning',
  LEDGER_UNSIGNED: 'problem',
  LEDGER_TAIL: 'warning',
  LEDGER_DAMAGED: 'problem',
  LEDGER_VOLUME: 'problem',
  HEAD_MISSING: 'problem',
  HEAD_ALTERED: 'problem',
  KEY_CHANGED: 'problem',
  IDENTITY_LOST: 'warning',
  FILE_ADDED: 'problem',
  FILE_FOUND: 'warning',
  FILE_BESIDE: 'problem',
  SEGMENT_ALTERED: 'problem',
} as const satisfies Readonly<Record<string, 'problem' | 'warning'>>;

export type CustodyCode = keyof typeof CUSTODY_FINDINGS;

/** How verify takes a finding line; undefined for those that are not about the evidence. */
export function custodyWeight(code: unknown): 'problem' | 'warning' | undefined {
  return typeof code === 'string' && Object.hasOwn(CUSTODY_FINDINGS, code)
    ? CUSTODY_FINDINGS[code as CustodyCode]
    : undefined;
}
