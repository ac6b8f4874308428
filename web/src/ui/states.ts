/** What states mean: good, bad, not known, to be looked at. */
export const kinds: Record<string, string> = {
  open: "warn", resolved: "good", waived: "info", acknowledged: "info",
  Pass: "good", Fail: "bad", Unknown: "unknown", NotApplicable: "", None: "",
  ok: "good", partial: "warn", blind: "bad", waiting: "info",
  verified: "good", pending: "info", late: "warn", missing: "bad", tampered: "bad", unreadable: "bad", unverifiable: "warn", "not logging": "bad", unseen: "unknown", idle: "",
  proposed: "warn", holding: "good", expired: "", revoked: "bad", valid: "good",
  planned: "info", running: "info", done: "good", reverting: "info", reverted: "info", failed: "bad", refused: "bad", declined: "bad",
  recorded: "info", applied: "info", skipped: "",
  created: "good", changed: "info", deleted: "bad", added: "good", removed: "bad",
  closed: "good", sealed: "good",
  parked: "bad", sent: "good", collected: "info", held: "info", digested: "good", replaced: "", cancelled: "", dropped: "", unrouted: "warn",
  enrolled: "good", silent: "bad", left: "", unexplained: "bad", explained: "good", ended: "", used: "",
  run: "good", propose: "info", off: "", still: "bad",
};
export const marks: Record<string, string> = { good: "✓", bad: "✕", warn: "!", unknown: "?", info: "•" };
