import type { ReactNode } from "react";

interface SettingRowProps {
  title: string;
  text: ReactNode;
  children: ReactNode;
}

/** One thing that can be done, what it means, and the control for it at the end of the line. */
export function SettingRow({ title, text, children }: SettingRowProps) {
  return (
    <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-3 px-4 py-3.5">
      <div className="grid max-w-2xl min-w-0 flex-1 basis-60 gap-0.5">
        <h3 className="font-medium">{title}</h3>
        <p className="text-muted-foreground text-pretty">{text}</p>
      </div>
      {children}
    </div>
  );
}
