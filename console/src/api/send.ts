import { Problem } from "./problem";

/** Requests that change something and wait for their answer, by what they ask for. */
const underway = new Map<string, Promise<Response>>();
/** Keys of requests of which nobody knows whether they were carried out, and when they were first sent. */
const undecided = new Map<string, { key: string; since: number }>();

const KEY = "Idempotency-Key";
const PAUSE = 400;
/** How long the same request counts as the same intention. The server remembers a key for a day. */
const STALE = 60_000;

/**
 * Sends a request. One that changes something is sent once for each intention: the same press twice waits for the same
 * answer, and a repetition after an answer that was lost carries the same key, so that the server does it once.
 * It is a new intention as soon as the server has answered any other change, something happened to what it is about, or
 * after a minute: whoever stopped, started and stops again wants it stopped, and not to hear how the first stop went;
 * nor does it matter who started it.
 * `fetch` is looked up at each call, so that tests can put theirs in its place.
 */
export async function send(request: Request, signal: AbortSignal): Promise<Response> {
  if (request.method === "GET") return globalThis.fetch(request, { signal });
  const asked = `${request.method} ${request.url} ${await request.clone().text()}`;
  let answered = underway.get(asked);
  if (!answered) {
    answered = decide(asked, request, signal).finally(() => underway.delete(asked));
    underway.set(asked, answered);
  }
  return (await answered).clone();
}

/** Something happened to `id`: what is asked of it from now on is a new intention. */
export function overtake(id: string): void {
  for (const asked of undecided.keys()) {
    if (asked.includes(`/${id}`)) undecided.delete(asked);
  }
}

async function decide(asked: string, request: Request, signal: AbortSignal): Promise<Response> {
  const drawn = request.headers.get(KEY);
  if (!drawn) return globalThis.fetch(request, { signal });
  const { key, since } = doubt(asked) ?? { key: drawn, since: Date.now() };
  undecided.set(asked, { key, since });
  const attempt = () => {
    const keyed = request.clone();
    keyed.headers.set(KEY, key);
    return globalThis.fetch(keyed, { signal });
  };
  const response = await attempt().catch((error: unknown) => again(error, attempt));
  // A server that failed may have done it nevertheless.
  if (response.status < 500) undecided.clear();
  return response;
}

/** The key of the same request, if nobody knows what came of it and it is no old story. */
function doubt(asked: string): { key: string; since: number } | undefined {
  const before = undecided.get(asked);
  return before && Date.now() - before.since < STALE ? before : undefined;
}

/** Once more by itself: most connections break for a moment only. */
async function again(error: unknown, attempt: () => Promise<Response>): Promise<Response> {
  if (!(error instanceof TypeError)) throw error;
  await new Promise((resolve) => setTimeout(resolve, PAUSE));
  try {
    return await attempt();
  } catch (repeated) {
    if (!(repeated instanceof TypeError)) throw repeated;
    throw new Problem({ detail: "The server cannot be reached, so nobody knows whether this was done. Try again: it is not done twice.", retryable: true });
  }
}
