/**
 * What changes, as it changes. One tab of a browser holds the connection (a Web Lock says which) and tells the others,
 * because HTTP/1.1 allows six connections per host; when it closes, the next one goes on where it was.
 */
export interface Told {
  topic: string;
  number: number;
  key: string;
  at: string;
  body: Record<string, unknown>;
}
type State = "connecting" | "live" | "broken";
type Message = { kind: "told"; told: Told } | { kind: "gap"; dropped: number; number: number } | { kind: "state"; state: State };
type Listener = (told: Told | null) => void;

const TOPICS = ["finding", "item", "coverage", "event", "run"];

class Stream {
  state = $state<State>("connecting");
  /** When the last word came, a sign of life included. */
  heardAt = $state(Date.now());
  gaps = $state(0);
  #last: number | null = null;
  #listeners = new Map<Listener, Set<string>>();
  #channel: BroadcastChannel | null = null;
  #source: EventSource | null = null;
  #stop: AbortController | null = null;

  /** Be called with each change of these topics, and with null after a gap: read everything again. */
  on(topics: string[], listener: Listener): () => void {
    this.#listeners.set(listener, new Set(topics));
    return () => this.#listeners.delete(listener);
  }

  start(): void {
    if (this.#channel) return;
    this.#channel = new BroadcastChannel("nephoscope-stream");
    this.#channel.onmessage = (event: MessageEvent<Message>) => this.#take(event.data);
    this.#stop = new AbortController();
    navigator.locks
      .request("nephoscope-stream", { signal: this.#stop.signal }, () => this.#lead())
      .catch(() => undefined);
  }

  stop(): void {
    this.#stop?.abort();
    this.#source?.close();
    this.#channel?.close();
    this.#channel = this.#source = this.#stop = null;
  }

  #lead(): Promise<void> {
    return new Promise((resolve) => {
      this.#stop?.signal.addEventListener("abort", () => resolve());
      this.#open();
    });
  }

  #open(): void {
    const after = this.#last === null ? "" : `&after=${this.#last}`;
    const source = new EventSource(`/api/v1/stream?topics=${TOPICS.join(",")}${after}`);
    this.#source = source;
    source.addEventListener("ready", () => this.#tell({ kind: "state", state: "live" }));
    source.addEventListener("gap", (event) => {
      const gap = JSON.parse(event.data as string) as { to: number; dropped: number };
      this.#tell({ kind: "gap", dropped: gap.dropped, number: gap.to });
    });
    source.addEventListener("end", () => {
      source.close();
      this.#tell({ kind: "state", state: "broken" });
    });
    for (const topic of TOPICS)
      source.addEventListener(topic, (event) => {
        const body = JSON.parse(event.data as string) as Record<string, unknown>;
        const told = { topic, body, number: Number(body["number"]), key: String(body["key"]), at: String(body["at"]) };
        this.#tell({ kind: "told", told });
      });
    source.onerror = () => {
      this.#tell({ kind: "state", state: "broken" });
      if (source.readyState === EventSource.CLOSED && this.#source === source && this.#channel)
        window.setTimeout(() => this.#source === source && this.#channel && this.#open(), 5_000);
    };
  }

  #tell(message: Message): void {
    this.#channel?.postMessage(message);
    this.#take(message);
  }

  #take(message: Message): void {
    this.heardAt = Date.now();
    if (message.kind === "state") this.state = message.state;
    else if (message.kind === "gap") {
      this.#last = message.number;
      this.gaps += 1;
      for (const listener of this.#listeners.keys()) listener(null);
    } else {
      this.state = "live";
      this.#last = message.told.number;
      for (const [listener, topics] of this.#listeners) if (topics.has(message.told.topic)) listener(message.told);
    }
  }
}

export const stream = new Stream();

/** Call a function soon after changes of topics, once for many. */
export function soon(topics: string[], then: () => void, wait = 1_200): () => void {
  let waiting = 0;
  const off = stream.on(topics, () => {
    if (waiting) return;
    waiting = window.setTimeout(() => {
      waiting = 0;
      then();
    }, wait);
  });
  return () => {
    clearTimeout(waiting);
    off();
  };
}
