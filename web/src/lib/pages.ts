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

export const pages: PageOf[] = [
  { pattern: "/", load: () => import("../pages/Overview.svelte"), title: "nav.overview", icon: "overview", group: "", key: "o" },
  { pattern: "/findings", load: () => import("../pages/Findings.svelte"), title: "nav.findings", icon: "findings", group: "", key: "f" },
  { pattern: "/findings/:uid", load: () => import("../pages/Finding.svelte"), title: "nav.finding" },
  { pattern: "/items", load: () => import("../pages/Inventory.svelte"), title: "nav.items", icon: "items", group: "see", key: "i" },
  { pattern: "/items/:key", load: () => import("../pages/Item.svelte"), title: "nav.item" },
  { pattern: "/events", load: () => import("../pages/Events.svelte"), title: "nav.events", icon: "events", group: "see", key: "e" },
  { pattern: "/events/:key", load: () => import("../pages/Event.svelte"), title: "nav.event" },
  { pattern: "/changes", load: () => import("../pages/Changes.svelte"), title: "nav.changes", icon: "changes", group: "see", key: "c" },
  { pattern: "/changes/:key", load: () => import("../pages/Change.svelte"), title: "nav.change" },
  { pattern: "/coverage", load: () => import("../pages/Coverage.svelte"), title: "nav.coverage", icon: "coverage", group: "see", key: "v" },
  { pattern: "/coverage/hours", load: () => import("../pages/Hours.svelte"), title: "nav.hours" },
  { pattern: "/checks", load: () => import("../pages/Checks.svelte"), title: "nav.checks", icon: "checks", group: "judge", key: "k" },
  { pattern: "/checks/:name", load: () => import("../pages/Check.svelte"), title: "nav.check" },
  { pattern: "/frameworks", load: () => import("../pages/Frameworks.svelte"), title: "nav.frameworks", icon: "frameworks", group: "judge", key: "w" },
  { pattern: "/frameworks/:name", load: () => import("../pages/Framework.svelte"), title: "nav.framework" },
  { pattern: "/rules", load: () => import("../pages/Rules.svelte"), title: "nav.rules", icon: "rules", group: "judge", key: "r" },
  { pattern: "/rules/:id", load: () => import("../pages/Rule.svelte"), title: "nav.rule" },
  { pattern: "/waivers", load: () => import("../pages/Waivers.svelte"), title: "nav.waivers", icon: "waivers", group: "judge", key: "a" },
  { pattern: "/runs", load: () => import("../pages/Runs.svelte"), title: "nav.runs", icon: "runs", group: "respond", key: "n", list: "runs" },
  { pattern: "/runs/:id", load: () => import("../pages/Run.svelte"), title: "nav.run.one", list: "runs" },
  { pattern: "/playbooks", load: () => import("../pages/Playbooks.svelte"), title: "nav.playbooks", icon: "playbooks", group: "respond", key: "p", list: "playbooks" },
  { pattern: "/triggers", load: () => import("../pages/Triggers.svelte"), title: "nav.triggers", icon: "triggers", group: "respond", key: "t", list: "triggers" },
  { pattern: "/accounts", load: () => import("../pages/Accounts.svelte"), title: "nav.accounts", icon: "accounts", group: "run", key: "u" },
  { pattern: "/accounts/:id", load: () => import("../pages/Account.svelte"), title: "nav.account" },
  { pattern: "/admin", load: () => import("../pages/Admin.svelte"), title: "nav.admin", icon: "admin", group: "run", key: "m" },
  { pattern: "/admin/:part", load: () => import("../pages/Admin.svelte"), title: "nav.admin" },
  { pattern: "/me", load: () => import("../pages/Me.svelte"), title: "nav.me" },
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
