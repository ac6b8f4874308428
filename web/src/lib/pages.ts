/** Every page: its path, who sees it in the menu, and the file that is loaded for it. */
import type { Component } from "svelte";
import type { IconName } from "../ui/icons";
import type { Key } from "./i18n";
import { fields } from "./fields.svelte";
import { match, type Params } from "./match";
import { pathOf } from "./router.svelte";
import { session } from "./session.svelte";

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Loaded = { default: Component<any>; of?: unknown };
export interface PageOf {
  pattern: string;
  load: () => Promise<Loaded>;
  title: Key;
  icon?: IconName;
  group?: "" | "see" | "judge" | "respond" | "run";
  needs?: string;
  /** The list that the server must have for it. */
  list?: string;
  key?: string;
}

// One file holds all pages: many small ones cost more than they save.
const portal = (): Promise<typeof import("../pages/portal")> => import("../pages/portal");
const page = (name: Exclude<keyof typeof import("../pages/portal"), "lists">) => async (): Promise<Loaded> => ({ default: (await portal())[name] });
/** A page that is a list, and the page of one of its rows. */
const list = (name: string, more: Partial<PageOf> = {}): PageOf => ({
  pattern: pathOf(name), title: `nav.${name}` as Key, load: async () => ({ default: (await portal()).DataList, of: (await portal()).lists[name] }), ...more,
});
const one = (name: string, view: Parameters<typeof page>[0], title: Key): PageOf => ({ pattern: `${pathOf(name)}/:id`, load: page(view), title });

export const pages: PageOf[] = [
  { pattern: "/", load: page("Overview"), title: "nav.overview", icon: "overview", group: "", key: "o" },
  list("findings", { icon: "findings", group: "", key: "f" }),
  { pattern: "/findings/compare", load: page("CompareFindings"), title: "nav.compare" },
  one("findings", "FindingView", "nav.finding"),
  list("items", { icon: "items", group: "see", key: "i" }),
  one("items", "ItemView", "nav.item"),
  { ...list("events", { icon: "events", group: "see", key: "e" }), load: page("Events") },
  one("events", "EventView", "nav.event"),
  list("changes", { icon: "changes", group: "see", key: "c" }),
  one("changes", "ChangeView", "nav.change"),
  list("hosts", { icon: "host", group: "see", key: "h" }),
  list("join_tokens", { needs: "users" }),
  one("hosts", "HostView", "nav.host"),
  list("gaps", { icon: "coverage", group: "see", key: "v" }),
  list("hours"),
  list("checks", { icon: "checks", group: "judge", key: "k" }),
  one("checks", "CheckView", "nav.check"),
  { pattern: "/frameworks", load: page("Frameworks"), title: "nav.frameworks", icon: "frameworks", group: "judge", key: "w" },
  one("frameworks", "Framework", "nav.framework"),
  list("rules", { icon: "rules", group: "judge", key: "r" }),
  one("rules", "RuleView", "nav.rule"),
  list("file_changes", { icon: "integrity", group: "judge", key: "y" }),
  list("file_baselines"),
  list("vulnerabilities", { icon: "bug", group: "judge", key: "b" }),
  list("packages"),
  list("targets"),
  list("advisories"),
  list("waivers", { icon: "waivers", group: "judge", key: "a" }),
  list("runs", { icon: "runs", group: "respond", key: "n", list: "runs" }),
  { ...one("runs", "RunView", "nav.run.one"), list: "runs" },
  list("evidence", { icon: "evidence", group: "respond", key: "d" }),
  one("evidence", "CaseView", "nav.case"),
  list("playbooks", { icon: "playbooks", group: "respond", key: "p", list: "playbooks" }),
  list("triggers", { icon: "triggers", group: "respond", key: "t", list: "triggers" }),
  list("accounts", { icon: "accounts", group: "run", key: "u" }),
  one("accounts", "AccountView", "nav.account"),
  list("exporters", { icon: "out", group: "run", needs: "deliveries", key: "x" }),
  list("deliveries", { needs: "deliveries" }),
  { pattern: "/admin", load: page("Admin"), title: "nav.admin", icon: "admin", group: "run", key: "m" },
  { pattern: "/admin/:part", load: page("Admin"), title: "nav.admin" },
  { pattern: "/me", load: page("Me"), title: "nav.me" },
];

/** Whether a page is for this user, on this server. */
export const isOpen = (page: PageOf): boolean => (!page.needs || session.can(page.needs)) && (!page.list || page.list in fields.lists);

export function pageAt(path: string): { page: PageOf; params: Params } | null {
  for (const page of pages) {
    const params = match(page.pattern, path);
    if (params && isOpen(page)) return { page, params };
  }
  return null;
}
