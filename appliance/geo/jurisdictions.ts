// Which law on personal data applies in a country, as seen from the European Union: member of it, of the EEA, or with an adequacy
// decision of the Commission (Regulation (EU) 2016/679, Article 45; before 2018 Directive 95/46/EC, Article 25). A table kept by hand.
// Where an address is says where a server is, not under which law the company behind it is.

import type { CountryJurisdiction } from '../model/analysis-document.ts';

/** When the table was checked against the Commission's list and the Official Journal. */
const AS_OF = '2026-02';

const EU = new Set(
  'AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK AX GF GP MF MQ RE YT'.split(' '),
);
const EEA = new Set(['IS', 'LI', 'NO']);

/** Source of each row: the decision itself, by its number in the Official Journal. */
const DECISIONS: Readonly<Record<string, readonly [number: string, date: string, only?: string]>> = {
  AD: ['2010/625/EU', '2010-10-19'],
  AR: ['2003/490/EC', '2003-06-30'],
  BR: ['(EU) 2026/179', '2026-01-26'],
  CA: ['2002/2/EC', '2001-12-20', 'commercial organisations only'],
  CH: ['2000/518/EC', '2000-07-26'],
  FO: ['2010/146/EU', '2010-03-05'],
  GB: ['(EU) 2021/1772', '2021-06-28', 'renewed 2025-12-19 until 2031-12-27'],
  GG: ['2003/821/EC', '2003-11-21'],
  IL: ['2011/61/EU', '2011-01-31'],
  IM: ['2004/411/EC', '2004-04-28'],
  JE: ['2008/393/EC', '2008-05-08'],
  JP: ['(EU) 2019/419', '2019-01-23', 'private sector'],
  KR: ['(EU) 2022/254', '2021-12-17'],
  NZ: ['2013/65/EU', '2012-12-19'],
  US: ['(EU) 2023/1795', '2023-07-10', 'only companies certified under the Data Privacy Framework'],
  UY: ['2012/484/EU', '2012-08-21'],
};

/** Undefined for what is no country: `XX`, `local`, networks that answer from many places. */
export function jurisdictionOf(country: string): CountryJurisdiction | undefined {
  if (!/^[A-Z]{2}$/.test(country) || country === 'XX') return undefined;
  if (EU.has(country)) return { kind: 'eu', line: 'European Union: the GDPR applies', as_of: AS_OF };
  if (EEA.has(country)) return { kind: 'eea', line: 'European Economic Area: the GDPR applies', as_of: AS_OF };
  const decision = DECISIONS[country];
  if (decision === undefined)
    return { kind: 'other', line: 'no adequacy decision of the European Union', as_of: AS_OF };
  const [number, date, only] = decision;
  const line = `adequacy decision ${number} of ${date}${only === undefined ? '' : `, ${only}`}`;
  return { kind: 'adequate', line, as_of: AS_OF };
}
