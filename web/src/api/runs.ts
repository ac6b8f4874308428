/** Runs, playbooks and triggers: routes that the contract does not hold yet; shapes are those of model/response.py. */
import { call } from "./client";

export interface Step {
  name: string;
  action: string;
  settings: Record<string, unknown>;
  on_failure: string;
  phase: string;
  target?: { account: string; region: string; type: string; id: string } | null;
  state?: Record<string, unknown> | null;
  output?: Record<string, unknown>;
  note: string;
  attempts: number;
  began_at?: string | null;
  ended_at?: string | null;
}
export interface Run {
  id: string;
  playbook: string;
  inputs: Record<string, unknown>;
  text?: string;
  steps: Step[];
  status: string;
  requested_by: string;
  cause: Record<string, unknown>;
  finding: string;
  plan: string[];
  approval: { needed: string; expires_at?: string | null; second: boolean; given_by: string[]; declined_by: string; reason: string };
  note: string;
  revision: number;
  made_at?: string | null;
  changed_at?: string | null;
  revert_at?: string | null;
  can?: string[];
  evidence?: { id: string; kind: string; hash: string; sealed_at: string | null }[];
}
export interface RunRow {
  id: string;
  playbook: string;
  status: string;
  requested_by: string;
  finding: string;
  made_at?: string | null;
  changed_at?: string | null;
}
export interface PlaybookRow {
  name: string;
  title: string;
  tactic?: string;
  description?: string;
  source?: string;
  inputs?: unknown;
}
export interface TriggerRow {
  name: string;
  title: string;
  on?: string;
  when?: string;
  playbook?: string;
  is_enabled?: boolean;
  source?: string;
}

export const run = (id: string): Promise<Run> => call("get", "/api/v1/runs/{id}", { path: { id } }) as Promise<Run>;
export const decide = (id: string, what: "approve" | "decline" | "revert", reason = ""): Promise<Run> =>
  call("post", `/api/v1/runs/{id}/${what}`, { path: { id }, body: reason ? { reason } : {} }) as Promise<Run>;
export const begin = (body: { playbook: string; inputs: Record<string, unknown>; finding?: string }): Promise<Run> =>
  call("post", "/api/v1/runs", { body }) as Promise<Run>;
export const playbook = (name: string): Promise<PlaybookRow> => call("get", "/api/v1/playbooks/{name}", { path: { name } }) as Promise<PlaybookRow>;
export const trigger = (name: string): Promise<TriggerRow> => call("get", "/api/v1/triggers/{name}", { path: { name } }) as Promise<TriggerRow>;
export const rehearse = (name: string): Promise<Record<string, unknown>> =>
  call("get", "/api/v1/triggers/{name}/rehearsal", { path: { name } }) as Promise<Record<string, unknown>>;
