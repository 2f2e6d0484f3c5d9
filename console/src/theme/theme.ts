import { useSyncExternalStore } from "react";
import { remember, remembered } from "@/lib/storage";

type Theme = "light" | "dark" | "system";

const listeners = new Set<() => void>();
const system = matchMedia("(prefers-color-scheme: dark)");

function chosen(): Theme {
  const theme = remembered("theme");
  return theme === "light" || theme === "dark" ? theme : "system";
}

function apply(): void {
  const theme = chosen();
  document.documentElement.classList.toggle("dark", theme === "dark" || (theme === "system" && system.matches));
  for (const listener of listeners) listener();
}

export function setTheme(theme: Theme): void {
  remember("theme", theme === "system" ? null : theme);
  apply();
}

// The system may change by the hour, and another tab may choose.
system.addEventListener("change", apply);
addEventListener("storage", apply);

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** What the person chose, which may be to follow the system. */
export const useTheme = (): Theme => useSyncExternalStore(subscribe, chosen);
