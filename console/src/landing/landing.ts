import type { Catalogue } from "@/api/types";
import { count, mebibytes, plural } from "@/lib/amount";
import { showCreates } from "./creates";
import { element } from "./element";

/** The landing page is plain HTML; this fills in what only the server knows. */

async function read<T>(path: string): Promise<T> {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return (await response.json()) as T;
}

const line = (text: string) => element("li", "", text);

function planCard(plan: Catalogue["data"][number]): HTMLElement {
  const card = element("li", "rounded-xl border bg-surface p-5 shadow-(--shadow)");
  const lines = element("ul", "mt-3 grid gap-1 text-muted-foreground tabular-nums");
  lines.append(
    line(plural(plan.vcpus, "vCPU")),
    line(`${mebibytes(plan.memoryMiB)} memory`),
    line(`${plan.diskGiBMin} to ${plan.diskGiBMax} GiB disk`),
    line(`${count(plan.maxConnections)} connections`),
  );
  card.append(element("h3", "text-base font-semibold", plan.name), lines);
  return card;
}

const plans = document.querySelector("[data-plans]");
read<Catalogue>("/v1/plans").then(
  ({ data }) => plans?.replaceChildren(...data.map(planCard)),
  () => plans?.replaceChildren(element("li", "text-muted-foreground", "The plans cannot be read right now.")),
);
showCreates(() => read("/v1/pace"));
