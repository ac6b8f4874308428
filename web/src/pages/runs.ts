import type { Schemas } from "../api/client";
import { to } from "../lib/links";
import type { Column } from "../ui/columns";

export const columns: Column<Schemas["RunRow"]>[] = [
  { id: "status", width: 116, kind: "status" },
  { id: "playbook", width: 240, href: (row) => to.run(row.id) },
  { id: "requested_by", width: 180 },
  { id: "finding", width: 220, kind: "mono", href: (row) => (row.finding ? to.finding(row.finding) : undefined) },
  { id: "made_at", width: 140, kind: "time" },
  { id: "changed_at", width: 120, kind: "ago" },
  { id: "id", width: 260, kind: "mono", isHidden: true },
];
