import { CircleAlert, CircleCheck, X } from "lucide-react";
import { useSyncExternalStore } from "react";

export interface Toast {
  id: number;
  tone: "good" | "bad";
  text: string;
  /** Under which the server logged what went wrong. */
  requestId?: string | null | undefined;
  action?: { label: string; run: () => void } | undefined;
}

const STAYS = 6000;
let toasts: readonly Toast[] = [];
let last = 0;
const listeners = new Set<() => void>();

function change(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

function dismiss(id: number): void {
  change(toasts.filter((one) => one.id !== id));
}

/** Says something. Good news pass by themselves, bad ones stay until somebody has read them. */
export function toast(text: string, { tone = "good", ...rest }: Partial<Omit<Toast, "id" | "text">> = {}): void {
  last += 1;
  const id = last;
  change([...toasts.slice(-2), { id, text, tone, ...rest }]);
  if (tone === "good") setTimeout(() => dismiss(id), STAYS);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function Toaster() {
  const shown = useSyncExternalStore(subscribe, () => toasts);
  return (
    <section
      data-slot="toaster"
      aria-label="Notifications"
      aria-live="polite"
      className="pointer-events-none fixed inset-x-4 bottom-4 z-50 grid justify-items-end gap-2"
    >
      {shown.map((one) => (
        <div
          key={one.id}
          className="pointer-events-auto flex max-w-sm animate-rise items-center gap-2.5 rounded-lg border bg-raised py-2 pr-2 pl-3 shadow-(--shadow-pop)"
        >
          {one.tone === "good" ? <CircleCheck aria-hidden className="size-4 shrink-0 text-good" /> : <CircleAlert aria-hidden className="size-4 shrink-0 text-bad" />}
          <div role={one.tone === "bad" ? "alert" : undefined} className="grid min-w-0 gap-0.5 text-[0.8125rem] break-words">
            <p className="first-letter:uppercase">{one.text}</p>
            {one.requestId ? (
              <p className="text-xs text-muted-foreground">
                Request <code className="font-mono break-all">{one.requestId}</code>
              </p>
            ) : null}
          </div>
          {one.action ? (
            <button type="button" className="rounded-sm px-1.5 py-1 text-[0.8125rem] font-medium text-accent" onClick={one.action.run}>
              {one.action.label}
            </button>
          ) : null}
          <button type="button" aria-label="Dismiss" className="grid size-6 place-items-center rounded-sm text-muted-foreground hover:bg-muted" onClick={() => dismiss(one.id)}>
            <X className="size-3.5" />
          </button>
        </div>
      ))}
    </section>
  );
}
