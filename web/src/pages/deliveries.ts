import type { Schemas } from "../api/client";
import { t } from "../lib/i18n";
import { to } from "../lib/links";
import type { Column } from "../ui/columns";

export const columns: Column<Schemas["DeliveryRow"]>[] = [
  { id: "state", width: 116, kind: "status" },
  { id: "exporter", width: 140, kind: "mono" },
  { id: "what", label: t("delivery.what"), width: 110 },
  { id: "title", width: 320, href: (row) => (/^[0-9a-f]{32}$/.test(row.subject) ? to.finding(row.subject) : undefined) },
  { id: "made_at", label: t("field.created_at"), width: 140, kind: "time" },
  { id: "tries", width: 80, kind: "number" },
  { id: "error", label: t("field.cause"), width: 340 },
  { id: "route", width: 130, kind: "mono" },
  { id: "due_at", width: 140, kind: "time", isHidden: true },
  { id: "ended_at", width: 140, kind: "time", isHidden: true },
  { id: "subject", width: 220, kind: "mono", isHidden: true },
];
