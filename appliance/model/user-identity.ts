// What a person said a device is. Written into the ledger by capture, so that it is signed, dated and kept with the captures;
// it wins over everything that analysis infers. Empty texts say nothing; all empty takes an earlier word back.

export interface UserIdentity {
  readonly name: string;
  readonly vendor: string;
  readonly category: string;
}

/** Where a confirmation stands: who said it, and when. */
export interface ConfirmedIdentity extends UserIdentity {
  readonly by: string;
  /** Decimal seconds since 1970, the ledger's time. */
  readonly ts: string;
}

/** By device. */
export type ConfirmedIdentities = Readonly<Record<string, ConfirmedIdentity>>;

/** Letters of each text at most. */
export const IDENTITY_TEXT = 80;

export function isWithdrawal({ name, vendor, category }: UserIdentity): boolean {
  return name === '' && vendor === '' && category === '';
}
