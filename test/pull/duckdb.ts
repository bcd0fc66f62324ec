// DuckDB over an archive: a reader of Parquet that is not ours.

import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';

/** What the documentation shows: of each hour the highest revision, out of one file. */
export function newest(archive: string, table: string): string {
  const files = path.join(archive, 'v1', `table=${table}`, '*', '*', '*.parquet').replaceAll("'", "''");
  return `(select * exclude (rank) from (select *, dense_rank() over (partition by site, hour order by revision desc, filename) as rank
    from read_parquet('${files}', hive_partitioning = false, filename = true)) where rank = 1)`;
}

export async function ask(sql: string): Promise<Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  try {
    return (await connection.runAndReadAll(sql)).getRowObjectsJson() as Record<string, unknown>[];
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
