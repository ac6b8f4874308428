/** Columns of a list, as data. */
import { word } from "../lib/i18n";

// Rows are as many kinds of things as there are lists.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export interface Column<Row = any> {
  id: string;
  label?: string;
  /** In pixels; what its kind usually needs unless said otherwise. */
  width?: number;
  kind?: "text" | "mono" | "time" | "ago" | "severity" | "status" | "number" | "tags" | "verdicts" | "bool";
  /** The field by which it is sorted and filtered; its id unless said otherwise, "" for none. */
  field?: string;
  value?: (row: Row) => unknown;
  /** A word before the value that is no part of it. */
  before?: (row: Row) => string;
  href?: (row: Row) => string | undefined;
  isHidden?: boolean;
}

const WIDTHS = { text: 150, mono: 200, time: 146, ago: 128, severity: 116, status: 112, number: 116, tags: 240, verdicts: 170, bool: 100 };
export const widthOf = (column: Column): number => column.width ?? WIDTHS[column.kind ?? "text"];
export const fieldOf = (column: Column): string => column.field ?? column.id;
export const labelOf = (column: Column): string => column.label ?? word("field", column.id);
export const valueOf = (column: Column, row: object): unknown => (column.value ? column.value(row) : (row as Record<string, unknown>)[column.id]);

export function textOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** A value of no list: it is looked for by its words. */
export const wordsOf: Column = { id: "value", field: "" };

/** What is written of a value that is many. */
export const textsOf = (value: unknown): string[] =>
  Array.isArray(value)
    ? value.map(textOf)
    : typeof value === "object" && value
      ? Object.entries(value).map(([name, each]) => (each ? `${name}=${textOf(each)}` : name))
      : [textOf(value)];
