/** Columns of a list, as data. */
export interface Column<Row> {
  id: string;
  label?: string;
  width: number;
  kind?: "text" | "mono" | "time" | "ago" | "severity" | "status" | "number" | "tags" | "verdicts" | "resource" | "bool";
  /** The field by which it is sorted and filtered; its id unless said otherwise, "" for none. */
  field?: string;
  value?: (row: Row) => unknown;
  /** A word before the value that is no part of it. */
  before?: (row: Row) => string;
  href?: (row: Row) => string | undefined;
  isHidden?: boolean;
  pivots?: (row: Row) => Pivot[];
}
export interface Pivot {
  text: string;
  href: string;
}

export const valueOf = <Row>(column: Column<Row>, row: Row): unknown =>
  column.value ? column.value(row) : (row as Record<string, unknown>)[column.id];

export function textOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
