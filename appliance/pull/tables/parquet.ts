// Rows as Parquet and back. The only file that knows the library; the same rows give the same bytes.

import type { ColumnSource } from 'hyparquet-writer';
import { type Cell, type ColumnType, type Row, TABLES, type TableName } from './table.ts';

/** Of every table, in front: which appliance, which hour, which correction of it. */
export interface RowKey {
  readonly site: string;
  /** Seconds since 1970. */
  readonly hour: number;
  readonly revision: number;
}

export type KeyedRow = Row & RowKey;

const TYPES = { text: 'STRING', whole: 'INT64', number: 'DOUBLE', yes_no: 'BOOLEAN' } as const satisfies Readonly<
  Record<ColumnType, ColumnSource['type']>
>;

export async function toParquet(table: TableName, rows: readonly KeyedRow[]): Promise<Uint8Array> {
  const { parquetWriteBuffer } = await import('hyparquet-writer');
  const key: ColumnSource[] = [
    { name: 'site', data: rows.map(({ site }) => site), type: 'STRING', nullable: false },
    { name: 'hour', data: rows.map(({ hour }) => new Date(hour * 1000)), type: 'TIMESTAMP', nullable: false },
    { name: 'revision', data: rows.map(({ revision }) => revision), type: 'INT32', nullable: false },
  ];
  const columns = Object.entries<ColumnType>(TABLES[table]).map(([name, type]): ColumnSource => {
    const data = rows.map((row) => encode(row[name] ?? null, type));
    return { name, data, type: TYPES[type], nullable: true };
  });
  const buffer = parquetWriteBuffer({ columnData: [...key, ...columns], createdBy: 'weir' });
  return new Uint8Array(buffer);
}

export async function fromParquet(bytes: Uint8Array): Promise<KeyedRow[]> {
  const { parquetReadObjects } = await import('hyparquet');
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  const rows = await parquetReadObjects({ file });
  return rows.map(
    (row) =>
      Object.fromEntries(Object.entries(row).map(([name, value]) => [name, decode(value)])) as unknown as KeyedRow,
  );
}

function encode(value: Cell, type: ColumnType): unknown {
  if (value === null) return undefined;
  return type === 'whole' ? BigInt(Math.trunc(Number(value))) : value;
}

function decode(value: unknown): Cell {
  if (value instanceof Date) return value.getTime() / 1000;
  if (typeof value === 'bigint') return Number(value);
  return value === undefined ? null : (value as Cell);
}
