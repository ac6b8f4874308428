/** The value whose menu is open: what it is, and in which list it can be asked for. */
export interface Value {
  list: string;
  /** "": it can be asked for by its words alone. */
  field: string;
  texts: string[];
  isTime?: boolean;
  source: HTMLElement;
}
class Values {
  asked = $state.raw<Value | null>(null);
}
export const values = new Values();
