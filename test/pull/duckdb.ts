// DuckDB over an archive: a reader of Parquet that is not ours.

import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';

/**
 * What the documentation shows: a file of an hour takes precedence over the same hour in the day's file, and both over the month's.
 * Few hours are in two files, so that nothing is grouped over all rows.
 */
export function newest(archive: string, table: string): string {
  const glob = path.join(archive, 'v1', `table=${table}`, '*', '*', '*.parquet').replaceAll("'", "''");
  const files = `read_parquet('${glob}', hive_partitioning = false, filename = true)`;
  const isOf = (span: string) => `ends_with(filename, '${span}.parquet')`;
  const own = `from ${files} where not ${isOf('day')} and not ${isOf('month')}`;
  return `(select * ${own} union all
    select * from (select * from ${files} where ${isOf('day')}) as days
    anti join (select distinct site, hour ${own}) as own using (site, hour) union all
    select * from (select * from ${files} where ${isOf('month')}) as months
    anti join (select distinct site, hour from ${files} where not ${isOf('month')}) as nearer using (site, hour))`;
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
