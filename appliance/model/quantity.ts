// Sizes for a person: one formatter for page, command line and messages, so that the same figure reads the same everywhere.

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** Decimal units in steps of 1000 (IEC 80000-13), three significant digits: `1.23 MB`. `null` is said, never shown as zero. */
export function bytesText(bytes: number | null, unknown = 'unknown'): string {
  if (bytes === null) return unknown;
  const { scaled, step } = inSteps(bytes, BYTE_UNITS.length - 1);
  return `${step === 0 ? String(Math.round(scaled)) : threeDigits(scaled)} ${BYTE_UNITS[step]}`;
}

/** The value in steps of 1000, `maximum` of them at most; one step up once rounding to three digits would print 1000. */
export function inSteps(value: number, maximum: number): { readonly scaled: number; readonly step: number } {
  let scaled = value;
  let step = 0;
  while (Math.abs(scaled) >= 999.5 && step < maximum) {
    scaled /= 1000;
    step += 1;
  }
  return { scaled, step };
}

export function threeDigits(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2);
}
