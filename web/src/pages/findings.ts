import { api, type Schemas } from "../api/client";
import { t } from "../lib/i18n";
import { listHref } from "../lib/links";
import { session } from "../lib/session.svelte";
import { toasts } from "../lib/toasts.svelte";

/** Acknowledge a finding, or take that back; the toast undoes it. */
export async function acknowledge(row: { uid: string; acknowledged_by: string }): Promise<Schemas["Finding"]> {
  const isTakingBack = row.acknowledged_by !== "";
  const asked = { path: { uid: row.uid }, body: { text: "" } };
  const done = isTakingBack
    ? await api.post("/api/v1/findings/{uid}/unacknowledge", asked)
    : await api.post("/api/v1/findings/{uid}/acknowledge", asked);
  toasts.say(isTakingBack ? t("finding.unacknowledged") : t("finding.acknowledged"), () => {
    acknowledge(done).catch((error: unknown) => toasts.problem(error));
  });
  return done;
}

/** Acknowledge a row of the list, or take that back, where that may be. */
export function turn(row: Schemas["FindingRow"], again: () => Promise<void>): void {
  if (row.can.some((each) => each.endsWith("acknowledge"))) acknowledge(row).then(again).catch((error: unknown) => toasts.problem(error));
}

const INPUTS: Record<string, string> = {
  "AWS::S3::Bucket": "bucket", "AWS::EC2::Instance": "instance_id", "AWS::EC2::SecurityGroup": "group_id", "AWS::EC2::Snapshot": "snapshot_id", "AWS::CloudTrail::Trail": "trail", "AWS::IAM::Role": "role_name",
};
type Of = Pick<Schemas["Finding"], "account" | "region" | "resource_type" | "resource_id"> & Partial<Schemas["Finding"]>;
/** What a finding tells playbooks, by the names of their inputs; the first two are the account and the region. */
export function told(of: Of): Record<string, string> {
  const found: Record<string, string> = { account: of.account, region: of.region };
  const input = INPUTS[of.resource_type];
  if (input) found[input] = of.resource_id.split(/[:/]/).pop()!;
  const instance = /\/(i-[0-9a-f]+)$/.exec(of.actor ?? "")?.[1];
  if (instance) found["instance_id"] = instance;
  const key = of.actor_detail?.credential ?? "";
  if (key.startsWith("AKIA")) found["access_key_id"] = key;
  return found;
}
export const toldByItem = (of: Schemas["Item"]): Record<string, string> => told({ account: of.account, region: of.region, resource_type: of.type, resource_id: of.id });
/** Where the playbooks are that take what is told; about: what told it. Empty where none would. */
export const playbooksFor = (inputs: Record<string, string>, about: string): string => {
  const own = Object.keys(inputs).slice(2);
  return own.length && session.can("respond") ? `${listHref("playbooks", `inputs:(${own.join(" or ")})`)}&${about}` : "";
};
