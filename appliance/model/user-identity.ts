// What a person said a device is: its row in the registry. Written into the ledger by capture, so that it is signed, dated and kept with
// the captures; it wins over everything that analysis infers. Empty texts say nothing; all empty takes an earlier word back.

/** Of the paper's tables (hub, automation, camera, voice, health, misc), and what else a home has. */
export const CATEGORY_CODES = ['SH', 'HA', 'C', 'VA', 'S', 'M', 'phone', 'router', 'other'] as const;
/** Whose traffic it is: which channel a conversation belongs to follows from it. */
export const ROLES = ['device', 'phone', 'assistant', 'router'] as const;
export type Role = (typeof ROLES)[number];

/** What is said by one word of a list. */
export const FACT_WORDS = {
  code: CATEGORY_CODES,
  link: ['wired', 'wireless'],
  /** Captured here, or out of somebody else's data set. */
  source: ['own', 'external'],
  role: ROLES,
} as const;

/** What is said in words of one's own; `assistants`: which it is paired with; `children`: what is behind a hub (Zigbee, Z-Wave). */
export const FACT_TEXTS = ['model', 'firmware', 'assistants', 'children'] as const;

export type RegistryFacts = {
  readonly [F in keyof typeof FACT_WORDS]?: (typeof FACT_WORDS)[F][number];
} & { readonly [F in (typeof FACT_TEXTS)[number]]?: string };

export interface UserIdentity extends RegistryFacts {
  readonly name: string;
  readonly vendor: string;
  readonly category: string;
}

/** Origin of a confirmation: who said it, and when. */
export interface ConfirmedIdentity extends UserIdentity {
  readonly by: string;
  /** Decimal seconds since 1970, the ledger's time. */
  readonly ts: string;
}

/** By device. */
export type ConfirmedIdentities = Readonly<Record<string, ConfirmedIdentity>>;

/** Letters of each text at most. */
export const IDENTITY_TEXT = 80;

/** The facts among any fields: words of their lists, texts that are not empty. What is none is left out. */
export function factsOf(fields: Readonly<Record<string, unknown>>): RegistryFacts {
  const words = Object.entries(FACT_WORDS).filter(([name, list]) => list.some((word) => word === fields[name]));
  const texts = FACT_TEXTS.filter((name) => typeof fields[name] === 'string' && fields[name] !== '');
  const names = [...words.map(([name]) => name), ...texts];
  return Object.fromEntries(names.map((name) => [name, fields[name]])) as RegistryFacts;
}

export function isWithdrawal(said: UserIdentity): boolean {
  const { name, vendor, category } = said;
  return name === '' && vendor === '' && category === '' && Object.keys(factsOf({ ...said })).length === 0;
}
