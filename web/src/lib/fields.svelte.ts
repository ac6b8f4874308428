/** The fields of every list, as the server names them; read once. */
import { api, type Schemas } from "../api/client";

export type ListFields = Schemas["QueryFields"];
class Fields {
  lists = $state<Record<string, ListFields>>({});
  #asked: Promise<void> | null = null;

  load(): Promise<void> {
    this.#asked ??= api
      .get("/api/v1/query/fields")
      .then((read) => {
        this.lists = Object.fromEntries(read.lists.map((each) => [each.list, each]));
      })
      .catch((error: unknown) => {
        this.#asked = null;
        throw error;
      });
    return this.#asked;
  }
}
export const fields = new Fields();
