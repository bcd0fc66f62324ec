// Draws CONFIGURATION.md from the schema; a test compares it with the file next to this one.

import { configSchema } from './schema.ts';

interface Described {
  readonly description?: string;
  readonly default?: unknown;
  readonly type?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly anyOf?: readonly { readonly const?: unknown }[];
}

/** The reference page as Markdown. */
export function configurationReference(): string {
  const sections = Object.entries(configSchema.properties).map(([name, section]) =>
    sectionTable(
      name,
      (section as Described).description ?? '',
      Object.entries(section.properties as Record<string, Described>),
    ),
  );
  return [HEAD, ...sections].join('\n');
}

const HEAD = `# Configuration

Generated from \`schema.ts\` by \`weir config reference\`; a test keeps both alike. A file is YAML and holds only what differs:

\`\`\`yaml
capture:
  interface: br-weir
http:
  port: 8080
\`\`\`
`;

function sectionTable(name: string, description: string, settings: readonly (readonly [string, Described])[]): string {
  const rows = settings.map(
    ([key, setting]) =>
      `| \`${key}\` | ${values(setting)} | ${shown(setting.default)} | ${setting.description ?? ''} |`,
  );
  return `## ${name}\n\n${description}\n\n| setting | values | default | what it does |\n|---|---|---|---|\n${rows.join('\n')}\n`;
}

function values(setting: Described): string {
  if (setting.anyOf !== undefined) return setting.anyOf.map((choice) => String(choice.const)).join(', ');
  if (setting.minimum !== undefined && setting.maximum !== undefined) return `${setting.minimum} to ${setting.maximum}`;
  return setting.type ?? '';
}

function shown(value: unknown): string {
  return value === '' || (Array.isArray(value) && value.length === 0) ? 'empty' : `\`${String(value)}\``;
}
