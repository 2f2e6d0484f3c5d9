import type { ErrorComponentProps } from "@tanstack/react-router";
import { ErrorPanel } from "@/components/error-panel";
import { PageTitle } from "@/components/page";

/** A page that could not be shown at all. A new version may have replaced the files that this one asks for. */
export function Crash({ error }: ErrorComponentProps) {
  return (
    <main className="mx-auto grid min-h-dvh max-w-lg content-center gap-4 px-4">
      <PageTitle title="Error">This page could not be shown</PageTitle>
      <p className="text-muted-foreground">Loading it again usually helps; nothing that you did is lost.</p>
      <ErrorPanel error={error} onRetry={() => location.reload()} />
    </main>
  );
}
