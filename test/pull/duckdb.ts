// DuckDB over an archive: a reader of Parquet that is not ours.

import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';

/**
 * What the documentation shows: a file of an hour takes precedence over the same hour in the day's file next to it. Few hours are
 * next to one, so that nothing is grouped over all rows.
 */
export function newest(archive: string, table: string): string {
  const glob = path.join(archive, 'v1', `table=${table}`, '*', '*', '*.parquet').replaceAll("'", "''");
  const files = `read_parquet('${glob}', hive_partitioning = false, filename = true)`;
  const isOfDay = `ends_with(filename, 'day.parquet')`;
  return `(select * from ${files} where not ${isOfDay} union all
    select * from (select * from ${files} where ${isOfDay}) as days
    anti join (select distinct site, hour from ${files} where not ${isOfDay}) as own using (site, hour))`;
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
