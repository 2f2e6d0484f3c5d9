import createClient from "openapi-fetch";
import { problemOf } from "./problem";
import type { paths } from "./schema.gen";
import { send } from "./send";

let open = new AbortController();

/** Gives up every request that waits for its answer. What is asked for afterwards is not touched. */
export function dropRequests(): void {
  open.abort();
  open = new AbortController();
}

/** The typed client. */
export const http = createClient<paths>({
  baseUrl: location.origin,
  credentials: "same-origin",
  fetch: (request) => send(request, open.signal),
});

type SignedOutListener = () => void;
let signedOut: SignedOutListener = () => {};

/** Calls `listener` whenever the API says that nobody is signed in any more. */
export function onSignedOut(listener: SignedOutListener): void {
  signedOut = listener;
}

interface Outcome<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** What was answered, or throws the {@link Problem}. */
export async function answer<T>(call: Promise<Outcome<T>>): Promise<T> {
  const { data, error, response } = await call;
  if (response.ok) return data as T;
  const problem = problemOf(error, response);
  if (problem.code === "unauthenticated") signedOut();
  throw problem;
}

/** A header that makes the repetition of a changing call harmless; a new one for each intention. */
export function once(): { "Idempotency-Key": string } {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return { "Idempotency-Key": Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("") };
}

interface Page<T> {
  data: T[];
  nextPageToken: string | null;
}

/** Most pages that are fetched for one list. */
const PAGES_MAX = 25;

/** All pages of a list that people see whole. */
export async function everything<T>(page: (query: { "page[size]": number; "page[token]"?: string }) => Promise<Page<T>>): Promise<T[]> {
  const all: T[] = [];
  let token: string | null = null;
  for (let pages = 0; pages < PAGES_MAX; pages += 1) {
    const query: { "page[size]": number; "page[token]"?: string } = token ? { "page[size]": 200, "page[token]": token } : { "page[size]": 200 };
    // Each page's token is in the one before.
    // eslint-disable-next-line no-await-in-loop
    const { data, nextPageToken }: Page<T> = await page(query);
    all.push(...data);
    token = nextPageToken;
    if (!token) break;
  }
  return all;
}
