/** Keys of one letter: not while somebody writes, nor behind an open dialog. */
export function isTyping(event: KeyboardEvent): boolean {
  const target = event.target as HTMLElement | null;
  return !!target?.closest?.("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
}
export const hasDialog = (): boolean => document.querySelector("dialog[open]") !== null;
export const isPlain = (event: KeyboardEvent): boolean =>
  !event.ctrlKey && !event.metaKey && !event.altKey && !isTyping(event) && !hasDialog();
