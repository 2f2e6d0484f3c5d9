import { CircleCheck, X } from "lucide-react";
import { useSyncExternalStore } from "react";

interface Toast {
  id: number;
  text: string;
}

const STAYS = 6000;
const SHOWN_MAX = 3;
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

/** Says that something went well, for a few seconds. What went wrong is said where it went wrong, and stays. */
export function toast(text: string): void {
  last += 1;
  const id = last;
  change([...toasts.slice(1 - SHOWN_MAX), { id, text }]);
  setTimeout(() => dismiss(id), STAYS);
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
      {shown.map(({ id, text }) => (
        <div key={id} className="pointer-events-auto flex max-w-sm animate-rise items-center gap-2.5 rounded-lg border bg-raised py-2 pr-2 pl-3 shadow-(--shadow-pop)">
          <CircleCheck aria-hidden className="size-4 shrink-0 text-good" />
          <p className="min-w-0 text-[0.8125rem] wrap-anywhere first-letter:uppercase">{text}</p>
          <button type="button" aria-label="Dismiss" className="grid size-6 place-items-center rounded-sm text-muted-foreground hover:bg-muted" onClick={() => dismiss(id)}>
            <X className="size-3.5" />
          </button>
        </div>
      ))}
    </section>
  );
}
