import type { ReactNode } from "react";
import { SettingRow } from "./setting-row";
import { Card, CardHeader, CardTitle } from "./ui/card";

interface DangerZoneProps {
  title: string;
  text: ReactNode;
  /** What stands before the end itself, such as a protection from it. */
  before?: ReactNode;
  children: ReactNode;
}

/** Where something ends for good: apart from everything else, and last on its page. */
export function DangerZone({ title, text, before, children }: DangerZoneProps) {
  return (
    <Card className="border-bad/35">
      <CardHeader className="border-bad/20">
        <CardTitle className="text-bad">Danger zone</CardTitle>
      </CardHeader>
      <div className="divide-y">
        {before}
        <SettingRow title={title} text={text}>
          {children}
        </SettingRow>
      </div>
    </Card>
  );
}
