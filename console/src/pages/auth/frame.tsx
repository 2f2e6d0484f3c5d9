import type { ReactNode } from "react";
import { Logo } from "@/components/logo";
import { PageTitle } from "@/components/page";

interface AuthFrameProps {
  title: string;
  lead?: ReactNode;
  children: ReactNode;
  foot?: ReactNode;
}

export function AuthFrame({ title, lead, children, foot }: AuthFrameProps) {
  return (
    <main className="grid min-h-dvh content-center justify-items-center gap-6 px-4 py-10">
      {/* The landing page is another document, not a page of this one. */}
      <a href="/" className="flex items-center gap-2.5 text-base font-semibold tracking-tight">
        <Logo className="size-7" />
        db.xyz
      </a>
      <div className="grid w-full max-w-sm gap-5 rounded-xl border bg-surface p-6 shadow-(--shadow)">
        <div className="grid gap-1">
          <PageTitle title={title} className="text-lg">
            {title}
          </PageTitle>
          {lead ? <p className="text-muted-foreground text-pretty">{lead}</p> : null}
        </div>
        {children}
      </div>
      {foot ? <p className="text-muted-foreground">{foot}</p> : null}
    </main>
  );
}
