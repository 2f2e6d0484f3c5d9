import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { markSignedIn } from "./api/account";
import { queries } from "./api/client";
import { onSignedOut } from "./api/http";
import { router } from "./app/router";
import { Toaster } from "./components/ui/toaster";
import "./index.css";

// The session may end at any moment: closed elsewhere, expired, password changed. Then back here after signing in.
onSignedOut(() => {
  markSignedIn(false);
  const { pathname, href } = router.state.location;
  if (pathname === "/login" || pathname === "/signup") return;
  queries.clear();
  void router.navigate({ to: "/login", search: { next: href }, replace: true });
});

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
        <Toaster />
      </QueryClientProvider>
    </StrictMode>,
  );
}
