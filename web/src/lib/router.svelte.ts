/** The address is the state: what a page shows is read from here, and changed by going somewhere. */
import { changed } from "./match";

class Router {
  path = $state(location.pathname);
  search = $state(location.search);
  hash = $state(location.hash);
  params = $derived(new URLSearchParams(this.search));

  get href(): string {
    return this.path + this.search;
  }

  param(name: string): string | null {
    return this.params.get(name);
  }

  read(): void {
    this.path = location.pathname;
    this.search = location.search;
    this.hash = location.hash;
  }

  go(href: string, replace = false): void {
    if (href === location.pathname + location.search + location.hash) return;
    history[replace ? "replaceState" : "pushState"](null, "", href);
    const isOther = this.path !== location.pathname;
    this.read();
    if (isOther) document.querySelector("main")?.scrollTo(0, 0);
  }

  /** Change parameters of this page; null takes one away. */
  set(changes: Record<string, string | null | undefined>, replace = false): void {
    this.go(this.path + changed(this.search, changes), replace);
  }
}

export const router = new Router();

const PATHS: Record<string, string> = {
  join_tokens: "/join-tokens", file_changes: "/integrity", file_baselines: "/integrity/baselines", gaps: "/coverage", hours: "/coverage/hours", users: "/admin/users", sessions: "/admin/sessions", tokens: "/admin/tokens", audit: "/admin/audit",
};
/** The page of a list. */
export const pathOf = (list: string): string => PATHS[list] ?? `/${list}`;

export function listen(): void {
  addEventListener("popstate", () => router.read());
  addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element | null)?.closest?.("a[href]");
    if (!(link instanceof HTMLAnchorElement) || link.target || link.hasAttribute("download")) return;
    if (link.origin !== location.origin || link.pathname.startsWith("/api/")) return;
    if (link.getAttribute("href")?.startsWith("#")) return;
    event.preventDefault();
    router.go(link.pathname + link.search + link.hash);
  });
}
