/** How two configurations differ: by path (RFC 6901), elements of lists by their natural key. */
export interface PathChange {
  path: string;
  kind: "added" | "removed" | "changed";
  before?: unknown;
  after?: unknown;
}

const KEYS = ["Key", "Sid", "Id", "id", "Name", "name", "GroupId", "Arn", "RuleName"];
const escape = (part: string): string => part.replaceAll("~", "~0").replaceAll("/", "~1");
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export function same(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (Array.isArray(one) && Array.isArray(other))
    return one.length === other.length && one.every((each, place) => same(each, other[place]));
  if (isObject(one) && isObject(other)) {
    const names = Object.keys(one);
    return names.length === Object.keys(other).length && names.every((name) => name in other && same(one[name], other[name]));
  }
  return false;
}

function keyed(one: unknown[], other: unknown[]): string {
  const all = [...one, ...other];
  if (!all.length || !all.every(isObject)) return "";
  return (
    KEYS.find((key) =>
      [one, other].every((list) => {
        const values = list.map((each) => (each as Record<string, unknown>)[key]);
        return values.every((value) => typeof value === "string") && new Set(values).size === values.length;
      }),
    ) ?? ""
  );
}

export function diff(before: unknown, after: unknown, path = ""): PathChange[] {
  if (same(before, after)) return [];
  if (before === undefined) return [{ path, kind: "added", after }];
  if (after === undefined) return [{ path, kind: "removed", before }];
  if (isObject(before) && isObject(after))
    return [...new Set([...Object.keys(before), ...Object.keys(after)])]
      .sort()
      .flatMap((name) => diff(before[name], after[name], `${path}/${escape(name)}`));
  if (Array.isArray(before) && Array.isArray(after)) return listDiff(before, after, path);
  return [{ path, kind: "changed", before, after }];
}

function listDiff(before: unknown[], after: unknown[], path: string): PathChange[] {
  const key = keyed(before, after);
  if (key) {
    const by = (list: unknown[]): Map<string, unknown> =>
      new Map(list.map((each) => [String((each as Record<string, unknown>)[key]), each]));
    const [old, now] = [by(before), by(after)];
    return [...new Set([...old.keys(), ...now.keys()])].flatMap((name) =>
      diff(old.get(name), now.get(name), `${path}/${escape(name)}`),
    );
  }
  const gone = before.filter((each) => !after.some((other) => same(each, other)));
  const come = after.filter((each) => !before.some((other) => same(each, other)));
  if (gone.length === 1 && come.length === 1 && isObject(gone[0]) && isObject(come[0]))
    return diff(gone[0], come[0], `${path}/${before.indexOf(gone[0])}`);
  if (!gone.length && !come.length) return [{ path, kind: "changed", before, after }];
  return [
    ...gone.map((each): PathChange => ({ path: `${path}/-`, kind: "removed", before: each })),
    ...come.map((each): PathChange => ({ path: `${path}/-`, kind: "added", after: each })),
  ];
}
