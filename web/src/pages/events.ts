import type { Schemas } from "../api/client";
import { to } from "../lib/links";
import type { Column } from "../ui/columns";

export type EventRow = Schemas["EventRow"];
export const columns: Column<EventRow>[] = [
  { id: "time", width: 142, kind: "time" },
  { id: "api.operation", width: 190, href: (row) => to.event(row.key) },
  { id: "api.service.name", width: 160 },
  { id: "actor.user.uid", width: 290, kind: "mono" },
  { id: "src_endpoint.ip", width: 130, kind: "mono" },
  { id: "cloud.account.uid", width: 122, kind: "mono" },
  { id: "cloud.region", width: 100 },
  { id: "api.response.error", width: 150 },
  { id: "resource_uids", width: 240, kind: "tags", isHidden: true },
  { id: "metadata.log_name", width: 110, isHidden: true },
  { id: "actor.user.type", width: 110, isHidden: true },
  { id: "actor.user.name", width: 130, isHidden: true },
  { id: "actor.user.credential_uid", width: 190, kind: "mono", isHidden: true },
  { id: "http_request.user_agent", width: 220, kind: "mono", isHidden: true },
  { id: "is_read_only", width: 90, kind: "bool", isHidden: true },
  { id: "disposition", width: 100, isHidden: true },
  { id: "dst_endpoint.ip", width: 130, kind: "mono", isHidden: true },
  { id: "dst_endpoint.port", width: 80, kind: "number", isHidden: true },
  { id: "metadata.uid", width: 280, kind: "mono", isHidden: true },
];
