/** Messages by key, with values and plurals: `t("list.rows", { count: 3 })`. */
import type { en } from "../messages/en";
import { number } from "./time";

export type Key = keyof typeof en;
type Message = string | { one: string; other: string };
let messages: Record<string, Message> = {};

/** Load the catalogue of a language; there is one so far. */
export async function load(): Promise<void> {
  messages = (await import("../messages/en")).en;
}

export function t(key: Key, values: Record<string, string | number> = {}): string {
  const found = messages[key];
  if (found === undefined) return key;
  const count = values["count"];
  const text =
    typeof found === "string"
      ? found
      : typeof count === "number" && new Intl.PluralRules("en").select(count) === "one"
        ? found.one
        : found.other;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : typeof value === "number" ? number(value) : value;
  });
}

/** A message whose key is made of a word that may not be known: then the word itself. */
export function word(prefix: string, value: string): string {
  const found = messages[`${prefix}.${value}`];
  const said = value.replaceAll("_", " ");
  return typeof found === "string" ? found : prefix === "field" ? said[0]?.toUpperCase() + said.slice(1) : said;
}

/** A value of a field as people say it, where there is a word for it; else as it is. */
export const named = (field: string, value: string): string => maybe(`${field}.${value}`) || value;

/** A message that may not be there; then empty. */
export const maybe = (key: string): string => (typeof messages[key] === "string" ? messages[key] : "");
