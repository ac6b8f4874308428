/** Every page: its path, who sees it in the menu, and the file that is loaded for it. */
import type { Component } from "svelte";
import type { IconName } from "../ui/icons";
import type { Key } from "./i18n";
import { fields } from "./fields.svelte";
import { match, type Params } from "./match";
import { session } from "./session.svelte";

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Loaded = { default: Component<any> };
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
const page = (name: keyof typeof import("../pages/portal")) => async (): Promise<Loaded> => ({ default: (await import("../pages/portal"))[name] });

export const pages: PageOf[] = [
  { pattern: "/", load: page("Overview"), title: "nav.overview", icon: "overview", group: "", key: "o" },
  { pattern: "/findings", load: page("Findings"), title: "nav.findings", icon: "findings", group: "", key: "f" },
  { pattern: "/findings/compare", load: page("CompareFindings"), title: "nav.compare" },
  { pattern: "/findings/:uid", load: page("Finding"), title: "nav.finding" },
  { pattern: "/items", load: page("Inventory"), title: "nav.items", icon: "items", group: "see", key: "i" },
  { pattern: "/items/:key", load: page("Item"), title: "nav.item" },
  { pattern: "/events", load: page("Events"), title: "nav.events", icon: "events", group: "see", key: "e" },
  { pattern: "/events/:key", load: page("Event"), title: "nav.event" },
  { pattern: "/changes", load: page("Changes"), title: "nav.changes", icon: "changes", group: "see", key: "c" },
  { pattern: "/changes/:key", load: page("Change"), title: "nav.change" },
  { pattern: "/coverage", load: page("Coverage"), title: "nav.coverage", icon: "coverage", group: "see", key: "v" },
  { pattern: "/coverage/hours", load: page("Hours"), title: "nav.hours" },
  { pattern: "/checks", load: page("Checks"), title: "nav.checks", icon: "checks", group: "judge", key: "k" },
  { pattern: "/checks/:name", load: page("Check"), title: "nav.check" },
  { pattern: "/frameworks", load: page("Frameworks"), title: "nav.frameworks", icon: "frameworks", group: "judge", key: "w" },
  { pattern: "/frameworks/:name", load: page("Framework"), title: "nav.framework" },
  { pattern: "/rules", load: page("Rules"), title: "nav.rules", icon: "rules", group: "judge", key: "r" },
  { pattern: "/rules/:id", load: page("Rule"), title: "nav.rule" },
  { pattern: "/vulnerabilities", load: page("Vulnerabilities"), title: "nav.vulnerabilities", icon: "bug", group: "judge", key: "b" },
  { pattern: "/targets", load: page("Vulnerabilities"), title: "nav.targets" },
  { pattern: "/advisories", load: page("Vulnerabilities"), title: "nav.advisories" },
  { pattern: "/waivers", load: page("Waivers"), title: "nav.waivers", icon: "waivers", group: "judge", key: "a" },
  { pattern: "/runs", load: page("Runs"), title: "nav.runs", icon: "runs", group: "respond", key: "n", list: "runs" },
  { pattern: "/runs/:id", load: page("Run"), title: "nav.run.one", list: "runs" },
  { pattern: "/evidence", load: page("Evidence"), title: "nav.evidence", icon: "evidence", group: "respond", key: "d" },
  { pattern: "/evidence/:run", load: page("Case"), title: "nav.case" },
  { pattern: "/playbooks", load: page("Playbooks"), title: "nav.playbooks", icon: "playbooks", group: "respond", key: "p", list: "playbooks" },
  { pattern: "/triggers", load: page("Triggers"), title: "nav.triggers", icon: "triggers", group: "respond", key: "t", list: "triggers" },
  { pattern: "/accounts", load: page("Accounts"), title: "nav.accounts", icon: "accounts", group: "run", key: "u" },
  { pattern: "/accounts/:id", load: page("Account"), title: "nav.account" },
  { pattern: "/exporters", load: page("Exporters"), title: "nav.exporters", icon: "out", group: "run", needs: "deliveries", key: "x" },
  { pattern: "/deliveries", load: page("Deliveries"), title: "nav.deliveries", needs: "deliveries" },
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
