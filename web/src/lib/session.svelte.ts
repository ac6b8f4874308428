/** Who is signed in, what they may do, and how they like to see it. */
import { api, type Schemas, versionOf } from "../api/client";
import { clock } from "./time";

export type Theme = "system" | "light" | "dark";
export interface Preferences {
  theme?: Theme;
  density?: "cosy" | "compact";
  nav?: "wide" | "narrow";
  zone?: string;
  lists?: Record<string, { columns?: string[]; widths?: Record<string, number> }>;
}

const KEPT = "nephoscope.theme";

class Session {
  me = $state<Schemas["Me"] | null>(null);
  preferences = $state<Preferences>({});
  #version: Schemas["Preferences"] | null = null;
  #waiting = 0;

  can(permission: string): boolean {
    return this.me?.permissions.includes(permission) ?? false;
  }

  async load(): Promise<void> {
    this.take(await api.get("/api/v1/me"));
    await this.#read();
  }

  take(me: Schemas["Me"]): void {
    this.me = me;
    this.preferences = me.preferences as Preferences;
    this.show();
  }

  async #read(): Promise<void> {
    this.#version = await api.get("/api/v1/me/preferences");
    this.preferences = this.#version.preferences as Preferences;
    this.show();
  }

  show(): void {
    const theme = this.preferences.theme ?? storedTheme();
    document.documentElement.dataset["theme"] = theme;
    document.documentElement.dataset["density"] = this.preferences.density ?? "cosy";
    localStorage.setItem(KEPT, theme);
    clock.zone = this.preferences.zone || undefined;
  }

  /** Change preferences at once; keep them soon. Another tab's newer ones are read first. */
  prefer(changes: Partial<Preferences>): void {
    this.preferences = { ...this.preferences, ...changes };
    this.show();
    clearTimeout(this.#waiting);
    this.#waiting = window.setTimeout(() => void this.#keep(changes), 600);
  }

  async #keep(changes: Partial<Preferences>): Promise<void> {
    if (!this.me) return;
    for (const again of [true, false]) {
      try {
        const version = this.#version ? versionOf(this.#version) : "*";
        const preferences = $state.snapshot(this.preferences) as Record<string, unknown>;
        this.#version = await api.put("/api/v1/me/preferences", { body: { preferences }, version });
        return;
      } catch {
        if (!again) return;
        await this.#read().catch(() => undefined);
        this.preferences = { ...this.preferences, ...changes };
        this.show();
      }
    }
  }

  preferList(list: string, changes: { columns?: string[]; widths?: Record<string, number> }): void {
    const lists = this.preferences.lists ?? {};
    this.prefer({ lists: { ...lists, [list]: { ...lists[list], ...changes } } });
  }
}

export const storedTheme = (): Theme => {
  const kept = localStorage.getItem(KEPT);
  return kept === "light" || kept === "dark" ? kept : "system";
};
export const session = new Session();
