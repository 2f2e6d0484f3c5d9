/** What this browser remembers between visits. Storage may be switched off or full: then nothing is remembered. */

export function remembered(key: string): string | null {
  try {
    return localStorage.getItem(`dbx.${key}`);
  } catch {
    return null;
  }
}

export function remember(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(`dbx.${key}`);
    else localStorage.setItem(`dbx.${key}`, value);
  } catch {
    // Not remembered then.
  }
}
