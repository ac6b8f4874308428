/** Every page: its path, who sees it in the menu, and the file that is loaded for it. */
import type { Component } from "svelte";
import type { IconName } from "../ui/icons";
import type { Key } from "./i18n";
import { match, type Params } from "./match";

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Loaded = { default: Component<any> };
export interface PageOf {
  pattern: string;
  load: () => Promise<Loaded>;
  title: Key;
  icon?: IconName;
  group?: "" | "see" | "judge" | "respond" | "run";
  needs?: string;
  key?: string;
}

export const pages: PageOf[] = [
  { pattern: "/", load: () => import("../pages/Overview.svelte"), title: "nav.overview", icon: "overview", group: "", key: "o" },
  { pattern: "/findings", load: () => import("../pages/Findings.svelte"), title: "nav.findings", icon: "findings", group: "", key: "f" },
  { pattern: "/findings/:uid", load: () => import("../pages/Finding.svelte"), title: "nav.finding" },
];

export function pageAt(path: string): { page: PageOf; params: Params } | null {
  for (const page of pages) {
    const params = match(page.pattern, path);
    if (params) return { page, params };
  }
  return null;
}
