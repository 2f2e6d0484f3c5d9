import { setupServer } from "msw/node";

/** Answers the API's requests in unit tests; each test says how. */
export const server = setupServer();
