import { Outlet } from "@tanstack/react-router";
import { type ReactNode, Suspense, lazy, useState } from "react";
import { ErrorPanel } from "@/components/error-panel";
import { Dialog } from "@/components/ui/dialog";
import { LiveProvider } from "@/live/live";
import { AccessLost, NoSuchOrg, NothingHere } from "./access-lost";
import { LeaveContext, useLeaving } from "./leave";
import { PlaceProvider, usePlace } from "./place";
import { useShortcuts } from "./shortcuts";
import { Sidebar } from "./sidebar";
import { Topbar } from "./topbar";

const Palette = lazy(() => import("@/palette/palette"));
const ShortcutSheet = lazy(() => import("@/palette/shortcut-sheet"));

export function Shell() {
  const { leaving, leave, failure } = useLeaving();
  if (leaving) return <output className="grid min-h-dvh place-items-center text-muted-foreground">Signing out…</output>;
  return (
    <LeaveContext value={leave}>
      <PlaceProvider>
        <Frame>{failure ? <ErrorPanel title="You are still signed in" error={failure} onRetry={() => void leave()} className="mx-4 mt-6 sm:mx-6" /> : null}</Frame>
      </PlaceProvider>
    </LeaveContext>
  );
}

/** The pages of the org, for as long as the person is in it. */
function Pages() {
  const { closed } = usePlace();
  if (closed === null) return <Outlet />;
  if (closed === "nothing") return <NothingHere />;
  return closed === "left" ? <AccessLost /> : <NoSuchOrg />;
}

type Overlay = "palette" | "shortcuts" | "nav" | null;

function Frame({ children }: { children: ReactNode }) {
  const { orgId } = usePlace();
  const [overlay, setOverlay] = useState<Overlay>(null);
  const close = () => setOverlay(null);
  useShortcuts({ palette: () => setOverlay("palette"), shortcuts: () => setOverlay("shortcuts") });
  return (
    <LiveProvider orgId={orgId}>
      <a href="#main" className="sr-only z-50 rounded-md bg-primary px-3 py-2 text-primary-foreground focus:not-sr-only focus:fixed focus:top-2 focus:left-2">
        Skip to content
      </a>
      <div className="min-h-dvh lg:grid lg:grid-cols-[15rem_minmax(0,1fr)]">
        <aside aria-label="Navigation" className="sticky top-0 hidden h-dvh overflow-y-auto border-r bg-surface lg:block">
          <Sidebar />
        </aside>
        <div className="flex min-h-dvh min-w-0 flex-col">
          <Topbar onPalette={() => setOverlay("palette")} onNav={() => setOverlay("nav")} />
          <main id="main" tabIndex={-1} className="flex-1">
            {children}
            <Pages />
          </main>
        </div>
      </div>
      <Dialog open={overlay === "nav"} onClose={close} side="left" title="db.xyz">
        <Sidebar onNavigate={close} inSheet />
      </Dialog>
      <Suspense>
        {overlay === "palette" ? <Palette onClose={close} onShortcuts={() => setOverlay("shortcuts")} /> : null}
        {overlay === "shortcuts" ? <ShortcutSheet onClose={close} /> : null}
      </Suspense>
    </LiveProvider>
  );
}
