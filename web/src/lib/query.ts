/**
 * The query grammar, as far as the portal edits queries: which terms there are, and a query with one term more or less.
 * The server reads queries; this only changes their text, and leaves alone what it does not know.
 */
export interface Term {
  start: number;
  end: number;
  isNegated: boolean;
  field: string;
  op: string;
  values: string[];
}

interface Token {
  kind: "open" | "close" | "quoted" | "field" | "minus" | "word";
  text: string;
  op: string;
  start: number;
  end: number;
}

const TOKEN =
  /(\s+)|(\()|(\))|("(?:[^"\\]|\\.)*"?)|([A-Za-z_][A-Za-z0-9_.]*)(:>=|:<=|:>|:<|!=|>=|<=|>|<|=|:)|(-)(?=\S)|([^\s()"]+)/gsy;
const BARE = /^[A-Za-z0-9][A-Za-z0-9_./:@-]*$/;
const KEYWORDS = new Set(["and", "or", "not"]);

export function tokens(text: string): Token[] {
  const found: Token[] = [];
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match; match = TOKEN.exec(text)) {
    const [whole, space, open, close, quoted, field, op, minus] = match;
    const start = match.index;
    const end = start + whole.length;
    if (space) continue;
    if (open) found.push({ kind: "open", text: whole, op: "", start, end });
    else if (close) found.push({ kind: "close", text: whole, op: "", start, end });
    else if (quoted !== undefined) found.push({ kind: "quoted", text: whole, op: "", start, end });
    else if (field) found.push({ kind: "field", text: field, op: op ?? ":", start, end });
    else if (minus) found.push({ kind: "minus", text: whole, op: "", start, end });
    else found.push({ kind: "word", text: whole, op: "", start, end });
  }
  return found;
}

export const quote = (value: string): string =>
  BARE.test(value) && !KEYWORDS.has(value.toLowerCase())
    ? value
    : `"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;

const unquote = (text: string): string => text.replace(/^"|"$/g, "").replace(/\\(.)/gs, "$1");
const isWord = (token: Token | undefined, word: string): boolean =>
  token?.kind === "word" && token.text.toLowerCase() === word;

/** The top-level terms; null where an `or` at the top makes them alternatives. */
export function terms(text: string): Term[] | null {
  const all = tokens(text);
  const found: Term[] = [];
  let place = 0;
  while (place < all.length) {
    if (isWord(all[place], "or")) return null;
    if (isWord(all[place], "and")) {
      place += 1;
      continue;
    }
    const start = all[place]!.start;
    let isNegated = false;
    while (all[place]?.kind === "minus" || isWord(all[place], "not")) {
      isNegated = !isNegated;
      place += 1;
    }
    const token = all[place];
    if (!token) break;
    if (token.kind === "open") {
      const end = closing(all, place);
      found.push({ start, end: all[end - 1]!.end, isNegated, field: "", op: "", values: [] });
      place = end;
    } else if (token.kind === "field") {
      const [values, next] = valuesAfter(all, place + 1);
      const op = token.op === "!=" || token.op === "=" ? ":" : token.op;
      found.push({
        start,
        end: all[next - 1]!.end,
        isNegated: isNegated !== (token.op === "!="),
        field: token.text,
        op,
        values,
      });
      place = next;
    } else {
      found.push({ start, end: token.end, isNegated, field: "", op: "", values: [unquote(token.text)] });
      place += 1;
    }
  }
  return found;
}

function closing(all: Token[], open: number): number {
  let depth = 0;
  for (let place = open; place < all.length; place += 1) {
    if (all[place]!.kind === "open") depth += 1;
    if (all[place]!.kind === "close" && --depth === 0) return place + 1;
  }
  return all.length;
}

function valuesAfter(all: Token[], place: number): [string[], number] {
  const first = all[place];
  if (!first) return [[], place];
  if (first.kind !== "open") return valueAt(all, place);
  const end = closing(all, place);
  const values: string[] = [];
  for (let at = place + 1; at < end && all[at]!.kind !== "close"; ) {
    if (isWord(all[at], "or")) {
      at += 1;
      continue;
    }
    const [found, next] = valueAt(all, at);
    values.push(...found);
    at = Math.max(next, at + 1);
  }
  return [values, end];
}

/** One value; what follows it without a space belongs to it (arn:aws:…). */
function valueAt(all: Token[], place: number): [string[], number] {
  const first = all[place];
  if (!first || first.kind === "close" || first.kind === "open") return [[], place];
  if (first.kind === "quoted") return [[unquote(first.text)], place + 1];
  let text = "";
  let end = first.start;
  let at = place;
  while (at < all.length && all[at]!.start === end && ["word", "field", "minus"].includes(all[at]!.kind)) {
    text += all[at]!.text + all[at]!.op;
    end = all[at]!.end;
    at += 1;
  }
  return [[text], at];
}

function written(field: string, values: string[], isNegated: boolean): string {
  const value = values.length === 1 ? quote(values[0]!) : `(${values.map(quote).join(" or ")})`;
  return `${isNegated ? "-" : ""}${field}:${value}`;
}

/** The query and one term more; a query of alternatives is put in parentheses first. */
export function and(text: string, term: string): string {
  const trimmed = text.trim();
  if (!trimmed) return term;
  return terms(trimmed) === null ? `(${trimmed}) ${term}` : `${trimmed} ${term}`;
}

function replaced(text: string, term: Term, by: string): string {
  return [text.slice(0, term.start).trimEnd(), by, text.slice(term.end).trimStart()].filter(Boolean).join(" ");
}

const equalTo = (text: string, field: string, isNegated: boolean): Term | undefined =>
  terms(text)?.find((term) => term.field === field && term.op === ":" && term.isNegated === isNegated);

function added(text: string, field: string, value: string, isNegated: boolean): string {
  const cleared = removed(text, field, value, !isNegated);
  const term = equalTo(cleared, field, isNegated);
  if (!term) return and(cleared, written(field, [value], isNegated));
  if (term.values.includes(value)) return cleared;
  return replaced(cleared, term, written(field, [...term.values, value], isNegated));
}

function removed(text: string, field: string, value: string, isNegated: boolean): string {
  const term = equalTo(text, field, isNegated);
  if (!term?.values.includes(value)) return text;
  const left = term.values.filter((each) => each !== value);
  return replaced(text, term, left.length ? written(field, left, isNegated) : "");
}

/** Rows with this value too, and no others of this field but those already asked for. */
export const include = (text: string, field: string, value: string): string => added(text, field, value, false);
/** Rows without this value. */
export const exclude = (text: string, field: string, value: string): string => added(text, field, value, true);

/** Only rows with this value, whatever was asked of the field before. */
export function only(text: string, field: string, value: string): string {
  return and(without(text, field), written(field, [value], false));
}

/** The query without any term of a field. */
export function without(text: string, field: string): string {
  let left = text;
  for (;;) {
    const term = terms(left)?.find((each) => each.field === field || `${each.field}_at` === field);
    if (!term) return left;
    left = replaced(left, term, "");
  }
}

export type Choice = "in" | "out" | "";
/** Whether a value is asked for, asked away, or neither. */
export function choice(text: string, field: string, value: string): Choice {
  if (equalTo(text, field, false)?.values.includes(value)) return "in";
  return equalTo(text, field, true)?.values.includes(value) ? "out" : "";
}

export function toggle(text: string, field: string, value: string, to: Exclude<Choice, "">): string {
  if (choice(text, field, value) === to) return removed(text, field, value, to === "out");
  return to === "in" ? include(text, field, value) : exclude(text, field, value);
}

export interface Place {
  kind: "field" | "value";
  field: string;
  typed: string;
  start: number;
  end: number;
}

/** What can be completed at a caret. */
export function placeAt(text: string, caret: number): Place {
  const before = text.slice(0, caret);
  const value = /(?:^|[\s(-])([A-Za-z_][\w.]*)(?::>=|:<=|:>|:<|!=|>=|<=|>|<|=|:)(?:\((?:[^()]*\sor\s+|\s*))?("[^"]*|[^\s()"]*)$/.exec(
    before,
  );
  if (value) {
    const typed = value[2] ?? "";
    return { kind: "value", field: value[1]!, typed: typed.replace(/^"/, ""), start: caret - typed.length, end: caret };
  }
  const name = /[A-Za-z_][\w.]*$/.exec(before)?.[0] ?? "";
  return { kind: "field", field: "", typed: name, start: caret - name.length, end: caret };
}
