/** The one way to the server: typed by the contract, so that a change of it breaks the build. */
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];
type Method = "get" | "post" | "put" | "patch" | "delete";
type PathOf<M extends Method> = {
  [P in keyof paths]: paths[P] extends Record<M, { responses: unknown }> ? P : never;
}[keyof paths];
type Operation<P extends keyof paths, M extends Method> = paths[P] extends Record<M, infer O> ? O : never;
type Json<R> = R extends { content: { "application/json": infer T } } ? T : undefined;
type Answer<O> = O extends { responses: infer R } ? Json<R[keyof R & (200 | 201 | 202)]> : never;
type Body<O> = O extends { requestBody: { content: { "application/json": infer T } } } ? T : undefined;
type Named<O, Where extends "path" | "query"> = O extends { parameters: infer A }
  ? Where extends keyof A
    ? A[Where]
    : undefined
  : undefined;

export interface Asked {
  path?: Record<string, string | number>;
  query?: Record<string, unknown>;
  body?: unknown;
  version?: string;
  key?: string;
  signal?: AbortSignal;
}

type Options<O, M extends Method> = Omit<Asked, "body" | "path" | "query"> & {
  query?: Named<O, "query">;
} & (Named<O, "path"> extends undefined ? { path?: undefined } : { path: Named<O, "path"> }) &
  (M extends "get" | "delete" ? object : Body<O> extends undefined ? object : { body: Body<O> });

/** What the server says went wrong (RFC 9457), or that it could not be reached (status 0). */
export class Problem extends Error {
  status: number;
  kind: string;
  title: string;
  detail: string;
  faults: Schemas["Fault"][];
  trace: string;

  constructor(status: number, body: Partial<Schemas["Problem"]>) {
    super(body.detail || body.title || `HTTP ${status}`);
    this.status = status;
    this.kind = (body.type ?? "").split("/").pop() || (status ? "fault" : "unreachable");
    this.title = body.title ?? "";
    this.detail = body.detail ?? "";
    this.faults = body.errors ?? [];
    this.trace = body.trace_id ?? "";
  }
}

interface Hooks {
  signedOut(): void;
  /** Ask the user to prove who they are; resolves to whether they did. */
  stepUp(): Promise<boolean>;
}
export const hooks: Hooks = { signedOut: () => undefined, stepUp: () => Promise.resolve(false) };

const versions = new WeakMap<object, string>();
/** The ETag with which an object was read. */
export function versionOf(read: object): string {
  const version = versions.get(read);
  if (!version) throw new Error("This object was not read from the server; keep it in $state.raw");
  return version;
}

export function address(path: string, asked: Asked = {}): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(asked.path?.[name] ?? "")));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(asked.query ?? {}))
    if (value !== undefined && value !== null) search.set(name, String(value));
  const text = search.toString();
  return text ? `${filled}?${text}` : filled;
}

export async function call(method: Method, path: string, asked: Asked = {}, isRetry = false): Promise<unknown> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (asked.body !== undefined) headers["Content-Type"] = "application/json";
  if (asked.version) headers["If-Match"] = asked.version;
  const key = asked.key ?? (method === "post" ? crypto.randomUUID() : undefined);
  if (key) headers["Idempotency-Key"] = key;
  let answer: Response;
  try {
    answer = await fetch(address(path, asked), {
      method: method.toUpperCase(),
      headers,
      body: asked.body === undefined ? null : JSON.stringify(asked.body),
      signal: asked.signal ?? null,
      credentials: "same-origin",
    });
  } catch (error) {
    if (asked.signal?.aborted) throw error;
    throw new Problem(0, { title: "", detail: "" });
  }
  const read: unknown = await answer.json().catch(() => null);
  if (answer.ok) {
    const etag = answer.headers.get("etag");
    if (etag && read && typeof read === "object") versions.set(read, etag);
    return read;
  }
  const problem = new Problem(answer.status, (read ?? {}) as Partial<Schemas["Problem"]>);
  if (problem.kind === "step-up" && !isRetry && (await hooks.stepUp())) return call(method, path, { ...asked, key }, true);
  if (problem.kind === "not-signed-in") hooks.signedOut();
  throw problem;
}

function typed<M extends Method>(method: M) {
  return <P extends PathOf<M>>(
    path: P,
    ...[asked]: Operation<P, M> extends infer O
      ? object extends Options<O, M>
        ? [Options<O, M>?]
        : [Options<O, M>]
      : never
  ): Promise<Answer<Operation<P, M>>> => call(method, path, asked as Asked) as Promise<Answer<Operation<P, M>>>;
}

export const api = {
  get: typed("get"),
  post: typed("post"),
  put: typed("put"),
  patch: typed("patch"),
  delete: typed("delete"),
};
