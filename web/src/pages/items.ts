import type { Schemas } from "../api/client";
import { to } from "../lib/links";
import type { Column } from "../ui/columns";

export type ItemRow = Schemas["ItemRow"];
export const columns: Column<ItemRow>[] = [
  { id: "type", width: 200 },
  { id: "name", width: 210, value: (row) => row.name || row.id, href: (row) => to.item(row.key) },
  { id: "id", width: 220, kind: "mono", href: (row) => to.item(row.key) },
  { id: "account", width: 122, kind: "mono" },
  { id: "region", width: 110 },
  { id: "open_findings", width: 92, kind: "number", field: "" },
  { id: "verdicts", width: 150, kind: "verdicts", field: "" },
  { id: "captured_at", width: 128, kind: "ago" },
  { id: "not_collected", width: 110, kind: "number", field: "", isHidden: true },
  { id: "is_deleted", width: 90, kind: "bool", isHidden: true },
  { id: "tags", width: 220, kind: "tags", field: "", isHidden: true },
  { id: "arn", width: 320, kind: "mono", isHidden: true },
];
