/** A list of the API as a page shows it: rows by cursor, facets after them, read anew when something changed. */
import { call, type Problem, type Schemas } from "../api/client";

export interface Page<Row> {
  items: Row[];
  next?: string | null;
  total: number;
  total_relation?: "eq" | "gte";
}
const PLACES: Record<string, string> = { gaps: "coverage/gaps", hours: "coverage/hours" };
/** A list's place in the API. */
export const apiOf = (list: string): string => `/api/v1/${PLACES[list] ?? list.replaceAll("_", "-")}`;
const AT_ONCE = 60;

export class List<Row> {
  rows = $state.raw<Row[]>([]);
  total = $state(0);
  isAtLeast = $state(false);
  next = $state<string | null>(null);
  isLoading = $state(true);
  problem = $state<Problem | null>(null);
  /** Null until they are read. */
  facets = $state.raw<Schemas["Facet"][] | null>(null);
  facetProblem = $state<Problem | null>(null);
  readAt = $state(0);
  #asked: AbortController | null = null;
  readonly path: string;
  #query = { q: "", sort: "" };

  constructor(name: string) {
    this.path = apiOf(name);
  }

  /** Read the first page of a query; the rows before stay until the new ones are there. */
  async read(q: string, sort: string, hasFacets = true): Promise<void> {
    this.#asked?.abort();
    const asked = (this.#asked = new AbortController());
    this.#query = { q, sort };
    this.isLoading = true;
    try {
      const limit = Math.min(200, Math.max(AT_ONCE, this.readAt && this.rows.length <= 200 ? this.rows.length : 0));
      const page = await this.#page({ limit }, asked.signal);
      this.rows = page.items;
      this.problem = null;
      this.readAt = Date.now();
    } catch (error) {
      if (asked.signal.aborted) return;
      this.problem = error as Problem;
    }
    this.isLoading = false;
    if (hasFacets && !this.problem) await this.#readFacets(asked.signal);
  }

  async more(): Promise<void> {
    if (!this.next || this.isLoading) return;
    this.isLoading = true;
    try {
      const page = await this.#page({ limit: 100, cursor: this.next }, this.#asked?.signal);
      this.rows = [...this.rows, ...page.items];
      this.problem = null;
    } catch (error) {
      if (!this.#asked?.signal.aborted) this.problem = error as Problem;
    }
    this.isLoading = false;
  }

  again(): Promise<void> {
    return this.read(this.#query.q, this.#query.sort, this.facets !== null);
  }

  stop(): void {
    this.#asked?.abort();
  }

  async #page(query: Record<string, unknown>, signal?: AbortSignal): Promise<Page<Row>> {
    const { q, sort } = this.#query;
    const asked = { query: { q, sort: sort || undefined, ...query }, ...(signal ? { signal } : {}) };
    const page = (await call("get", this.path, asked)) as Page<Row>;
    this.total = page.total;
    this.isAtLeast = page.total_relation === "gte";
    this.next = page.next ?? null;
    return page;
  }

  async #readFacets(signal: AbortSignal): Promise<void> {
    try {
      const read = (await call("get", `${this.path}/facets`, { query: { q: this.#query.q }, signal })) as Schemas["Facets"];
      this.facets = read.facets;
      this.facetProblem = null;
    } catch (error) {
      if (!signal.aborted) this.facetProblem = error as Problem;
    }
  }
}
