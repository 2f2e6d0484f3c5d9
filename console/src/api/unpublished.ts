import { answer } from "./http";

/** Reads what the generated types do not have yet. */
export function get<T>(path: string, query: Record<string, string | undefined>): Promise<T> {
  const url = new URL(path, location.origin);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== "") url.searchParams.set(name, value);
  }
  return answer(call<T>(url));
}

async function call<T>(url: URL): Promise<{ data?: T; error?: unknown; response: Response }> {
  const response = await fetch(url);
  const body: unknown = await response.json().catch(() => null);
  return response.ok ? { data: body as T, response } : { error: body, response };
}
