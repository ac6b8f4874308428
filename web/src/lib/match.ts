/** Paths and patterns: `/items/:key` against `/items/abc`. */
export type Params = Record<string, string>;

export function match(pattern: string, path: string): Params | null {
  const wanted = pattern.split("/");
  const given = path.replace(/\/+$/, "").split("/");
  if (path === "/") given.splice(1);
  if (pattern === "/") wanted.splice(1);
  if (wanted.length !== given.length) return null;
  const params: Params = {};
  for (const [place, part] of wanted.entries()) {
    const value = given[place] ?? "";
    if (part.startsWith(":")) {
      if (!value) return null;
      params[part.slice(1)] = decoded(value);
    } else if (part !== value) return null;
  }
  return params;
}

export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A search text with some parameters set, and those that are null gone. */
export function changed(search: string, changes: Record<string, string | null | undefined>): string {
  const params = new URLSearchParams(search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === undefined) params.delete(name);
    else params.set(name, value);
  }
  const text = params.toString();
  return text ? `?${text}` : "";
}

/** Where to go after signing in: a path of ours, never another site's. */
export function safeThen(then: string | null): string {
  return then && /^\/(?![/\\])/.test(then) && !/[\u0000-\u001f\\]/.test(then) && !then.startsWith("/sign-in") ? then : "/";
}
