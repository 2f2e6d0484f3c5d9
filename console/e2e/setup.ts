import { demo } from "./demo";

/** Starts the demo once for all tests. A server that runs already is tested instead if `DBX_CONSOLE_TEST_URL` names it. */
export default async function setup(): Promise<() => Promise<void>> {
  if (process.env.DBX_CONSOLE_TEST_URL) return async () => {};
  await demo.start({ fresh: true });
  return () => demo.stop();
}
