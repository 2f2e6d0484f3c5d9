import type { components } from "@/api/schema.gen";
import { stepName } from "@/lib/words";
import { element } from "./element";

type Pace = components["schemas"]["Pace"];

const seconds = (amount: number) => (amount < 10 ? amount.toFixed(1) : String(Math.round(amount)));

function bar(step: { step: string; medianSeconds: number }, longest: number): HTMLElement {
  const row = element("li", "grid grid-cols-[minmax(0,1fr)_auto] gap-x-3 text-[0.8125rem]");
  const track = element("div", "col-span-2 mt-1 h-1 overflow-hidden rounded-full bg-muted");
  const fill = element("div", "h-full rounded-full bg-accent");
  fill.style.width = `${Math.max(1.5, (step.medianSeconds / (longest || 1)) * 100)}%`;
  track.append(fill);
  row.append(element("span", "truncate", stepName(step.step)), element("span", "text-muted-foreground tabular-nums", `${step.medianSeconds.toFixed(2)} s`), track);
  return row;
}

const slot = (name: string) => document.querySelector<HTMLElement>(`[data-creates="${name}"]`);
const write = (name: string, text: string) => {
  const place = slot(name);
  if (place) place.textContent = text;
};

/** Fewer than these tell nothing about how they spread. */
const ENOUGH = 5;

function spread(measured: number, p95Seconds: number | null): string {
  if (measured === 1) return "took the last one";
  return p95Seconds === null || measured < ENOUGH ? "median" : `median, 95 % within ${seconds(p95Seconds)} s`;
}

function show({ creates }: Pace): void {
  const { measured, medianSeconds, p95Seconds, steps } = creates;
  if (medianSeconds === null) {
    write("median", "first");
    write("unit", "create on this installation will be yours");
    write("note", "nothing measured yet");
    return;
  }
  write("median", `${seconds(medianSeconds)} s`);
  write("unit", spread(measured, p95Seconds));
  write("note", measured === 1 ? "measured here" : `last ${measured} creates here`);
  const longest = Math.max(...steps.map((step) => step.medianSeconds));
  slot("steps")?.replaceChildren(...steps.map((step) => bar(step, longest)));
}

export function showCreates(read: () => Promise<Pace>): void {
  read().then(show, () => write("note", "cannot be read right now"));
}
