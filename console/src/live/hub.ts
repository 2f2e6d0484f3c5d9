import type { ActivityItem } from "@/api/types";

/** Whether what is shown follows the server. */
export type LiveState = "connecting" | "live" | "reconnecting" | "ended";

type Message =
  | { kind: "item"; item: ActivityItem }
  | { kind: "state"; state: LiveState; position: string | null }
  | { kind: "hello" };

interface Listener {
  item: (item: ActivityItem) => void;
  state: (state: LiveState) => void;
}

/** Silence after which a stream counts as dead; the server says something every 15 s. */
const SILENCE = 35_000;
const PAUSE_FIRST = 500;
const PAUSE_MAX = 10_000;

/**
 * What happens in one org, as it happens, for all tabs over one connection: browsers open no more than six to a server
 * over HTTP/1.1, and a stream holds one for as long as it lives.
 *
 * The tab that holds the lock has the stream and passes everything on; when it closes, another gets the lock and goes
 * on behind the last event that it saw. Every event reaches every tab once and in order, across reconnects too.
 */
export class Hub {
  private readonly channel: BroadcastChannel;
  private readonly closed = new AbortController();
  private source: EventSource | null = null;
  private watchdog: ReturnType<typeof setTimeout> | undefined;
  private pause = PAUSE_FIRST;
  private position: string | null = null;
  private state: LiveState = "connecting";
  private leads = false;

  private readonly orgId: string;
  private readonly listener: Listener;

  constructor(orgId: string, listener: Listener) {
    this.orgId = orgId;
    this.listener = listener;
    this.channel = new BroadcastChannel(`dbx.live.${orgId}`);
    this.channel.addEventListener("message", (event: MessageEvent<Message>) => this.receive(event.data));
    this.tell({ kind: "hello" });
    const wait = new Promise<void>((resolve) => this.closed.signal.addEventListener("abort", () => resolve()));
    navigator.locks
      .request(`dbx.live.${orgId}`, { signal: this.closed.signal }, async () => {
        this.leads = true;
        this.open();
        await wait;
      })
      // Closed before it was our turn.
      .catch(() => {});
  }

  close(): void {
    this.closed.abort();
    this.drop();
    this.channel.close();
  }

  /** Opens the stream again at once, because the network came back or the page became visible. */
  nudge(): void {
    if (this.leads && this.state === "reconnecting") this.open();
  }

  private open(): void {
    this.drop();
    if (this.closed.signal.aborted) return;
    const after = this.position ? `?lastEventId=${encodeURIComponent(this.position)}` : "";
    const source = new EventSource(`/v1/orgs/${encodeURIComponent(this.orgId)}/activity/stream${after}`);
    this.source = source;
    this.watch();
    source.addEventListener("hello", (event) => {
      this.advance(event.lastEventId);
      this.pause = PAUSE_FIRST;
      this.enter("live");
    });
    source.addEventListener("activity", (event: MessageEvent<string>) => {
      this.watch();
      const item = JSON.parse(event.data) as ActivityItem;
      if (!this.advance(item.position)) return;
      this.tell({ kind: "item", item });
      this.listener.item(item);
    });
    source.addEventListener("ping", () => this.watch());
    source.addEventListener("bye", (event: MessageEvent<string>) => {
      const { reason } = JSON.parse(event.data) as { reason: string };
      // Every other reason, such as a server that stops, means: come back.
      if (reason !== "access_lost") return this.retry();
      this.drop();
      this.enter("ended");
    });
    source.addEventListener("error", () => this.retry());
  }

  private retry(): void {
    this.drop();
    if (this.state !== "connecting") this.enter("reconnecting");
    // Apart from each other, so that a server that comes back is not met by everybody at once.
    const wait = this.pause * (0.75 + Math.random() / 2);
    this.pause = Math.min(PAUSE_MAX, this.pause * 2);
    this.watchdog = setTimeout(() => this.open(), wait);
  }

  private watch(): void {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => this.retry(), SILENCE);
  }

  private drop(): void {
    clearTimeout(this.watchdog);
    this.source?.close();
    this.source = null;
  }

  private receive(message: Message): void {
    if (message.kind === "item") {
      if (this.advance(message.item.position)) this.listener.item(message.item);
    } else if (message.kind === "hello") {
      if (this.leads) this.tell({ kind: "state", state: this.state, position: this.position });
    } else if (!this.leads) {
      if (message.position) this.advance(message.position);
      this.state = message.state;
      this.listener.state(message.state);
    }
  }

  private enter(state: LiveState): void {
    this.state = state;
    this.tell({ kind: "state", state, position: this.position });
    this.listener.state(state);
  }

  private tell(message: Message): void {
    if (!this.closed.signal.aborted) this.channel.postMessage(message);
  }

  /** Positions are padded, so that they sort as text. Says whether this one is new. */
  private advance(position: string): boolean {
    if (!position || (this.position !== null && position <= this.position)) return false;
    this.position = position;
    return true;
  }
}
