// Which tables there are: the build's own, the operator's update that goes before it, and further databases to compare.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { NamedTable } from './geo-comparison.ts';
import { openGeo } from './geo-table.ts';
import { TABLES_FOLDER } from './places.ts';

/** The folder of the operator's tables inside the data folder. */
function operatorFolder(dataFolder: string): string {
  return join(dataFolder, 'tables');
}

/** Where `weir geo update` writes: without a name the table in use, with one a database to compare. */
export function operatorTable(dataFolder: string, name?: string): string {
  return join(operatorFolder(dataFolder), name === undefined ? 'geo.bin' : `geo-${name}.bin`);
}

export function isTableName(name: string): boolean {
  return /^[a-z0-9][a-z0-9_-]{0,31}$/.test(name);
}

/** The table in use: the operator's where there is one. */
export function geoTablePath(dataFolder: string | undefined): string {
  const own = dataFolder === undefined ? undefined : operatorTable(dataFolder);
  return own !== undefined && existsSync(own) ? own : join(TABLES_FOLDER, 'geo.bin');
}

/** All of them: `built-in` first, then the operator's update, then the named ones by name. @throws WeirError TABLE_INVALID */
export function openDatabases(dataFolder: string | undefined): NamedTable[] {
  const databases = [{ name: 'built-in', table: openGeo(join(TABLES_FOLDER, 'geo.bin')) }];
  if (dataFolder === undefined) return databases;
  const own = operatorTable(dataFolder);
  if (existsSync(own)) databases.push({ name: 'update', table: openGeo(own) });
  for (const name of namesIn(operatorFolder(dataFolder))) {
    databases.push({ name, table: openGeo(operatorTable(dataFolder, name)) });
  }
  return databases;
}

function namesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .flatMap((file) => /^geo-(.{1,32})\.bin$/.exec(file)?.[1] ?? [])
    .filter(isTableName)
    .sort();
}
