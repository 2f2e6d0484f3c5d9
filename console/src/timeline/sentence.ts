import type { Event } from "@/api/types";
import { eventName, stepName } from "@/lib/words";

/** An event in a sentence: the server's, or its name and what it is about. */
export function sentence(event: Event & { sentence?: string }): string {
  if (event.sentence) return event.sentence;
  const { payload } = event;
  const step = typeof payload === "object" && payload !== null && "step" in payload && typeof payload.step === "string" ? payload.step : null;
  return step ? `${eventName(event.type)}: ${stepName(step)}` : eventName(event.type);
}
