import { session } from "../lib/session.svelte";

/** How many changes the server approves in one word. */
export const MOST_AT_ONCE = 500;
/** An approval holds on every host, so it is for those whose scope is every account. */
export const mayApproveFiles = (): boolean => session.can("approve") && (session.me?.accounts.includes("*") ?? false);
