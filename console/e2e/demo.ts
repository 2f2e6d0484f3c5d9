import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** The product as a person gets it, for the tests alone: its own port, its own state. */

const ROOT = join(import.meta.dirname, "../..");
const PORT = process.env.DBX_CONSOLE_TEST_PORT ?? "8098";
export const BASE = process.env.DBX_CONSOLE_TEST_URL ?? `http://localhost:${PORT}`;
const BINARY = process.env.DBXD ?? join(ROOT, "target/debug/dbxd");
export const STATE = process.env.DBX_CONSOLE_TEST_STATE ?? join(ROOT, ".dbx/console-test");

const PID = `${STATE}.pid`;
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Tests run in another process than the setup, so whoever stops the demo finds it by its id. */
export const demo = {
  async start({ fresh }: { fresh: boolean }): Promise<void> {
    mkdirSync(STATE, { recursive: true });
    const options = ["demo", "--port", PORT, "--state-dir", STATE, ...(fresh ? ["--fresh"] : [])];
    const env = { DBX_POSTGRES_DIR: join(ROOT, ".dbx/postgres"), ...process.env };
    const child = spawn(BINARY, options, { stdio: ["ignore", "pipe", "inherit"], env, cwd: ROOT });
    writeFileSync(PID, String(child.pid));
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.startsWith("ready ")) {
        child.stdout.resume();
        child.stdout.destroy();
        child.unref();
        return;
      }
    }
    throw new Error(`${BINARY} demo ended before it was ready; see what it said above`);
  },

  /** As an operator stops it; its state stays. */
  stop: () => end("SIGTERM"),

  /** As a machine that loses its power stops it: it gets to do nothing more. */
  kill: () => end("SIGKILL"),
};

async function end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
  const pid = Number(readFileSync(PID, "utf8"));
  process.kill(pid, signal);
  while (isAlive(pid)) await pause(100);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
