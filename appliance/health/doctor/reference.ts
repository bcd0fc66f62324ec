// CHECKS.md: every check with what it means and the line that mends it. Generated from the declarations; a test keeps both alike.

import { AREAS, type Area } from '../../model/check-up.ts';
import { CHECKS } from './checks.ts';
import type { Check } from './outcome.ts';

const HEADINGS: Readonly<Record<Area, string>> = {
  settings: 'Settings',
  machine: 'Machine',
  storage: 'Storage',
  radio: 'Radio',
  network: 'Network',
  services: 'Services',
};

const INTRODUCTION = `# What \`weir doctor\` looks at

Generated from \`checks/\` by \`weir doctor --list\`; a test keeps both alike. Each check answers \`ok\`, \`warn\` (works, but is incomplete or
will break), \`fail\` (does not work, or evidence is lost), \`unknown\` (could not be looked at, and why) or \`not applicable\`.
`;

export function checksReference(): string {
  return `${[INTRODUCTION, ...AREAS.map(areaTable)].join('\n')}`;
}

function areaTable(area: Area): string {
  const rows = CHECKS.filter((check) => check.area === area).map(row);
  return `## ${HEADINGS[area]}\n\n| check | should hold | if not | fix |\n|---|---|---|---|\n${rows.join('\n')}\n`;
}

function row({ id, title, means, fix }: Check): string {
  return `| \`${id}\` | ${cell(title)} | ${cell(means)} | ${cell(fix)} |`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
