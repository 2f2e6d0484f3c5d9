import type { ReactNode } from "react";
import { Card } from "./ui/card";

/** Where something ends for good: apart from everything else, and last on its page. */
export function DangerZone({ title, text, children }: { title: string; text: ReactNode; children: ReactNode }) {
  return (
    <Card className="border-bad/35">
      <div className="flex flex-wrap items-center justify-between gap-4 p-4">
        <div className="grid max-w-md min-w-0 gap-1">
          <h2 className="text-sm font-semibold text-bad">{title}</h2>
          <p className="text-muted-foreground text-pretty">{text}</p>
        </div>
        {children}
      </div>
    </Card>
  );
}
