/** Addresses within the portal, and what can be asked of a value elsewhere. */
import { t } from "./i18n";
import { quote } from "./query";
import { pathOf } from "./router.svelte";

export interface Pivot {
  text: string;
  href: string;
}

export const listHref = (list: string, q: string): string => `${pathOf(list)}?q=${encodeURIComponent(q)}`;
export const to = {
  finding: (uid: string): string => `/findings/${encodeURIComponent(uid)}`,
  item: (key: string): string => `/items/${encodeURIComponent(key)}`,
  event: (key: string): string => `/events/${encodeURIComponent(key)}`,
  host: (id: string): string => `/hosts/${encodeURIComponent(id)}`,
  change: (key: string): string => `/changes/${encodeURIComponent(key)}`,
  rule: (id: string): string => `/rules/${encodeURIComponent(id)}`,
  check: (name: string): string => `/checks/${encodeURIComponent(name)}`,
  framework: (name: string): string => `/frameworks/${encodeURIComponent(name)}`,
  run: (id: string): string => `/runs/${encodeURIComponent(id)}`,
  playbook: (name: string): string => `/playbooks?open=${encodeURIComponent(name)}`,
  evidence: (run: string): string => `/evidence/${encodeURIComponent(run)}`,
  account: (id: string): string => `/accounts/${encodeURIComponent(id)}`,
  waiver: (uid: string): string => listHref("waivers", `uid:${quote(uid)}`),
};

const EVENTS: Record<string, string> = {
  account: "cloud.account.uid", region: "cloud.region", actor: "actor.user.uid", resource_id: "resource_uids", id: "resource_uids", operation: "api.operation",
};
const FINDINGS: Record<string, string> = {
  account: "account", region: "region", actor: "actor", resource_id: "resource_id", id: "resource_id", resource_type: "resource_type", type: "resource_type", rule: "rule",
  "cloud.account.uid": "account", "cloud.region": "region", "actor.user.uid": "actor", check: "rule", severity: "severity",
};
const ITEMS: Record<string, string> = {
  account: "account", region: "region", resource_id: "id", resource_type: "type", type: "type", "cloud.account.uid": "account", "cloud.region": "region",
};
const CHANGES: Record<string, string> = {
  account: "account", actor: "actor", resource_id: "id", id: "id", resource_type: "type", type: "type", "actor.user.uid": "actor", "cloud.account.uid": "account", operation: "operation", "api.operation": "operation",
};

/** Other lists that can be asked about the same value: by the field that means the same there, or by its words. */
export function pivots(list: string, field: string, value: string): Pivot[] {
  if (value.length < 2) return [];
  const maps: [string, Record<string, string>][] = [["findings", FINDINGS], ["items", ITEMS], ["events", EVENTS], ["changes", CHANGES]];
  return maps.flatMap(([name, map]) => {
    const q = field === "" ? quote(value) : map[field] && `${map[field]}:${quote(value)}`;
    return q && name !== list ? [{ text: t(`pivot.${name}` as "pivot.findings"), href: listHref(name, q) }] : [];
  });
}
