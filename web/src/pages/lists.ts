/** Every list as data: its columns, its rows' own page, what opens beside it, what else stands on its page. */
import type { Component } from "svelte";
import { to } from "../lib/links";
import type { Column } from "../ui/columns";
import AccountTools from "./AccountTools.svelte";
import AccountView from "./AccountView.svelte";
import AuditTools from "./AuditTools.svelte";
import AuditView from "./AuditView.svelte";
import CaseView from "./CaseView.svelte";
import ChangeView from "./ChangeView.svelte";
import CheckView from "./CheckView.svelte";
import { columns } from "./columns";
import CoverageNumbers from "./CoverageNumbers.svelte";
import DeliveryView from "./DeliveryView.svelte";
import EventTools from "./EventTools.svelte";
import EventsOverTime from "./EventsOverTime.svelte";
import EventView from "./EventView.svelte";
import ExporterView from "./ExporterView.svelte";
import FileBaselineView from "./FileBaselineView.svelte";
import FileChangesBulk from "./FileChangesBulk.svelte";
import FileChangeView from "./FileChangeView.svelte";
import { turn } from "./findings";
import FindingsBulk from "./FindingsBulk.svelte";
import FindingView from "./FindingView.svelte";
import GapView from "./GapView.svelte";
import HostTools from "./HostTools.svelte";
import HostView from "./HostView.svelte";
import ItemView from "./ItemView.svelte";
import JoinTokenTools from "./JoinTokenTools.svelte";
import JoinTokenView from "./JoinTokenView.svelte";
import PlaybookView from "./PlaybookView.svelte";
import RowView from "./RowView.svelte";
import RuleView from "./RuleView.svelte";
import RunView from "./RunView.svelte";
import SessionView from "./SessionView.svelte";
import TokenTools from "./TokenTools.svelte";
import TokenView from "./TokenView.svelte";
import TriggerView from "./TriggerView.svelte";
import UserTools from "./UserTools.svelte";
import UserView from "./UserView.svelte";
import WaiverTools from "./WaiverTools.svelte";
import WaiverView from "./WaiverView.svelte";

/* eslint-disable @typescript-eslint/no-explicit-any */
type Part = Component<any>;
export interface ListOf {
  name: string;
  columns: Column[];
  key: (row: any) => string;
  href?: (row: any) => string;
  /** Changes of which it is read anew. */
  topics: string[];
  /** Gets a row's `id`, the `row` where it is on the page, and the `list`. */
  view?: Part;
  /** Each gets `list`; `above` and `bulk` what is asked and selected too. */
  tools?: Part;
  above?: Part;
  bulk?: Part;
  keys?: Record<string, (row: any, again: () => Promise<void>) => void>;
  /** Pages that are named beside its own. */
  beside: string[];
  /** Other forms in which the server writes the whole list. */
  reports: ("ocsf" | "sarif" | "html" | "pdf")[];
}

function list(name: string, key: string | ((row: any) => string), more: Partial<ListOf> = {}): ListOf {
  const by = typeof key === "string" ? (row: any): string => String(row[key]) : key;
  return { name, columns: columns[name]!, key: by, topics: [], beside: [], reports: [], ...more };
}
const own = (page: (key: string) => string, key: string) => (row: any): string => page(row[key]);

export const lists: Record<string, ListOf> = Object.fromEntries(
  [
    list("findings", "uid", { href: own(to.finding, "uid"), view: FindingView, topics: ["finding"], bulk: FindingsBulk, keys: { e: turn }, reports: ["ocsf", "sarif", "html", "pdf"] }),
    list("items", "key", { href: own(to.item, "key"), view: ItemView, topics: ["item"] }),
    list("events", "key", { href: own(to.event, "key"), view: EventView, tools: EventTools, above: EventsOverTime }),
    list("changes", "key", { href: own(to.change, "key"), view: ChangeView, topics: ["item"] }),
    list("gaps", "key", { view: GapView, topics: ["coverage"], above: CoverageNumbers, beside: ["hours"] }),
    list("hours", (row) => `${row.source}/${row.account}/${row.region}/${row.start_at}`, { topics: ["coverage"], beside: ["gaps"] }),
    list("checks", "name", { href: own(to.check, "name"), view: CheckView }),
    list("rules", "id", { href: own(to.rule, "id"), view: RuleView, topics: ["finding"] }),
    list("hosts", "id", { href: own(to.host, "id"), view: HostView, topics: ["finding", "coverage"], beside: ["file_baselines"], tools: HostTools }),
    list("join_tokens", "id", { view: JoinTokenView, tools: JoinTokenTools, beside: ["hosts"] }),
    list("file_changes", "id", { view: FileChangeView, topics: ["finding"], bulk: FileChangesBulk, beside: ["file_baselines"] }),
    list("file_baselines", "id", { view: FileBaselineView, topics: ["finding"], beside: ["file_changes"] }),
    list("vulnerabilities", "key", { view: RowView, topics: ["finding"], beside: ["packages", "targets", "advisories"] }),
    list("packages", "key", { view: RowView, topics: ["finding"], beside: ["vulnerabilities", "targets"] }),
    list("targets", "key", { view: RowView, topics: ["finding"], beside: ["vulnerabilities", "packages"] }),
    list("advisories", "name", { topics: ["finding"], beside: ["vulnerabilities"] }),
    list("waivers", "uid", { view: WaiverView, topics: ["finding"], tools: WaiverTools }),
    list("runs", "id", { href: own(to.run, "id"), view: RunView, topics: ["run"] }),
    list("evidence", "run", { href: own(to.evidence, "run"), view: CaseView, topics: ["run"] }),
    list("playbooks", "name", { view: PlaybookView }),
    list("triggers", "name", { view: TriggerView, topics: ["coverage"] }),
    list("accounts", "id", { href: own(to.account, "id"), view: AccountView, topics: ["coverage", "item"], tools: AccountTools }),
    list("exporters", "name", { view: ExporterView, topics: ["coverage"], beside: ["deliveries"] }),
    list("deliveries", "id", { view: DeliveryView, topics: ["coverage"], beside: ["exporters"] }),
    list("users", "id", { view: UserView, tools: UserTools }),
    list("sessions", "id", { view: SessionView }),
    list("tokens", "id", { view: TokenView, tools: TokenTools }),
    list("audit", "number", { view: AuditView, tools: AuditTools }),
  ].map((each) => [each.name, each]),
);
