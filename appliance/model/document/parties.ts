// Whose service a destination is, and which law applies in its country, as the analysis document has it.

/** Of whom a destination is: of the device's maker, of a company that it pays for computing or delivery, of somebody else. */
export const PARTIES = ['first', 'support', 'third', 'unknown'] as const;
export type Party = (typeof PARTIES)[number];

export interface DestinationParty {
  readonly device: string;
  readonly party: Party;
  /** `tuya.com is Tuya's, the maker`. */
  readonly because: string;
}

/** `eu`, `eea`: the GDPR applies; `adequate`: a decision says that data are protected as well there; `other`: none. */
export interface CountryJurisdiction {
  readonly kind: 'eu' | 'eea' | 'adequate' | 'other';
  /** `adequacy decision (EU) 2019/419 of 2019-01-23`. */
  readonly line: string;
  /** When the list was checked. */
  readonly as_of: string;
}
