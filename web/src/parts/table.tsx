// One table for all views: sortable columns, headers for screen readers, cards on a phone. The roles are spelled out
// because the phone layout changes `display`, which would otherwise take the table away from screen readers.

import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

export interface Column<Row> {
  readonly key: string;
  readonly label: string;
  readonly render: (row: Row) => ComponentChildren;
  /** What the column sorts by; without it the header is plain. `null` sorts last either way. */
  readonly sort?: (row: Row) => number | string | null;
  readonly numeric?: boolean;
  /** The row's name: a row header, and the heading of its card on a phone. Exactly one column has it. */
  readonly heading?: boolean;
  /** On a phone this cell takes the whole width of the card. */
  readonly wide?: boolean;
}

export interface TableProps<Row> {
  /** Read to screen readers, and shown when `showCaption`. */
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  /** Initial order: a column key, descending when it starts with `-`. Without it the rows stay as they come. */
  readonly order?: string;
  readonly empty: ComponentChildren;
  /** More rows than this are shown only on demand, so that a busy device does not freeze the page. */
  readonly limit?: number;
  readonly rowClass?: (row: Row) => string;
}

const MORE = 50;

export function Table<Row>(props: TableProps<Row>) {
  const [order, setOrder] = useState(props.order ?? '');
  const [limit, setLimit] = useState(props.limit ?? 100);
  if (props.rows.length === 0) return <div class="empty">{props.empty}</div>;
  const sorted = sortRows(props.rows, props.columns, order);
  return (
    <>
      {/* biome-ignore lint/a11y/noRedundantRoles: see the first lines */}
      <table role="table" class="table">
        <caption class="visually-hidden">{props.caption}</caption>
        <thead role="rowgroup">
          <tr role="row">
            {props.columns.map((column) => (
              <HeaderCell key={column.key} column={column} order={order} onOrder={setOrder} />
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {sorted.slice(0, limit).map((row) => (
            <tr role="row" key={props.rowKey(row)} class={props.rowClass?.(row)}>
              {props.columns.map((column) => bodyCell(column, row))}
            </tr>
          ))}
        </tbody>
      </table>
      {sorted.length > limit && (
        <button type="button" class="button quiet more" onClick={() => setLimit(limit + MORE)}>
          Show more ({sorted.length - limit} not shown)
        </button>
      )}
    </>
  );
}

interface HeaderProps<Row> {
  readonly column: Column<Row>;
  readonly order: string;
  readonly onOrder: (order: string) => void;
}

function HeaderCell<Row>({ column, order, onOrder }: HeaderProps<Row>) {
  const ascending = order === column.key;
  const descending = order === `-${column.key}`;
  const className = column.numeric ? 'numeric' : undefined;
  if (column.sort === undefined) {
    return (
      <th role="columnheader" scope="col" class={className}>
        {column.label}
      </th>
    );
  }
  const firstOrder = column.numeric ? `-${column.key}` : column.key;
  const next = descending ? column.key : ascending ? `-${column.key}` : firstOrder;
  return (
    <th
      role="columnheader"
      scope="col"
      class={className}
      aria-sort={ascending ? 'ascending' : descending ? 'descending' : undefined}
    >
      <button type="button" class="sort" onClick={() => onOrder(next)}>
        {column.label}
        <span class="arrow" aria-hidden="true">
          {ascending ? '▲' : descending ? '▼' : ''}
        </span>
      </button>
    </th>
  );
}

function bodyCell<Row>(column: Column<Row>, row: Row) {
  const className = `${column.numeric ? 'numeric' : ''} ${column.wide ? 'wide' : ''}`.trim() || undefined;
  if (column.heading) {
    return (
      <th role="rowheader" scope="row" key={column.key} class="heading">
        {column.render(row)}
      </th>
    );
  }
  return (
    <td role="cell" key={column.key} class={className} data-label={column.label}>
      <div class="value">{column.render(row)}</div>
    </td>
  );
}

function sortRows<Row>(rows: readonly Row[], columns: readonly Column<Row>[], order: string): readonly Row[] {
  const descending = order.startsWith('-');
  const key = descending ? order.slice(1) : order;
  const sort = columns.find((column) => column.key === key)?.sort;
  if (sort === undefined) return rows;
  return rows
    .map((row) => ({ row, value: sort(row) }))
    .sort((a, b) => compare(a.value, b.value, descending))
    .map(({ row }) => row);
}

function compare(a: number | string | null, b: number | string | null, descending: boolean): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  const sign = descending ? -1 : 1;
  if (typeof a === 'number' && typeof b === 'number') return sign * (a - b);
  return sign * String(a).localeCompare(String(b), 'en', { numeric: true });
}
