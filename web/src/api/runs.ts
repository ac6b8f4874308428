/** What people do with runs. */
import { api, type Schemas, versionOf } from "./client";

export type Run = Schemas["Run"];
export type Decision = "approve" | "decline" | "revert";

/** Decide on a run; an approval holds only for what was read. */
export const decide = (run: Run, what: Decision, reason: string): Promise<Run> =>
  api.post(`/api/v1/runs/{id}/${what}`, { path: { id: run.id }, body: { reason }, ...(what === "approve" ? { version: versionOf(run) } : {}) });
