/** Short words about what was just done, some with a way back. */
import { Problem } from "../api/client";
import { t } from "./i18n";

export interface Toast {
  id: number;
  text: string;
  kind: "done" | "problem";
  undo?: (() => void) | undefined;
}
class Toasts {
  all = $state<Toast[]>([]);
  #last = 0;

  say(text: string, undo?: () => void): void {
    this.#add({ id: ++this.#last, text, kind: "done", undo }, undo ? 9_000 : 5_000);
  }

  problem(error: unknown): void {
    this.#add({ id: ++this.#last, text: said(error), kind: "problem" }, 12_000);
  }

  drop(id: number): void {
    this.all = this.all.filter((each) => each.id !== id);
  }

  #add(toast: Toast, forMs: number): void {
    this.all = [...this.all.slice(-3), toast];
    window.setTimeout(() => this.drop(toast.id), forMs);
  }
}
export const toasts = new Toasts();

/** A problem as one sentence. */
export function said(error: unknown): string {
  if (!(error instanceof Problem)) return error instanceof Error ? error.message : String(error);
  if (error.status === 0) return t("problem.unreachable");
  return [error.title, error.detail && error.detail !== error.title ? error.detail : ""].filter(Boolean).join(": ") || t("problem.fault");
}
