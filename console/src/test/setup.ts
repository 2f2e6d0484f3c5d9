import "@testing-library/jest-dom/vitest";
import "./browser";
import { cleanup, configure } from "@testing-library/react";
import { afterAll, afterEach, beforeAll } from "vitest";
import { server } from "./server";

// Ends what hangs; no test measures speed.
configure({ asyncUtilTimeout: 60_000 });

// A request that no test answers is a mistake in the test.
beforeAll(() => server.listen({ onUnhandledRequest: "error" }));
afterEach(() => {
  server.resetHandlers();
  cleanup();
});
afterAll(() => server.close());
