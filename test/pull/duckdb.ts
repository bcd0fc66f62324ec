// DuckDB over an archive: a reader of Parquet that is not ours.

import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';

/** What the documentation shows: of each hour the highest revision, out of one file. */
export function newest(archive: string, table: string): string {
  const files = path.join(archive, 'v1', `table=${table}`, '*', '*', '*.parquet').replaceAll("'", "''");
  const rows = `read_parquet('${files}', hive_partitioning = false, filename = true)`;
  return `(select * from ${rows} join (select site, hour, max((revision, filename)) as newest from ${rows} group by site, hour) as hours
    using (site, hour) where (revision, filename) = newest)`;
}

export async function ask(sql: string, threads = 1): Promise<Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(':memory:', { threads: String(threads) });
  const connection = await instance.connect();
  try {
    return (await connection.runAndReadAll(sql)).getRowObjectsJson() as Record<string, unknown>[];
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
