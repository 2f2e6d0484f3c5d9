import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** The product as a person gets it, for the tests alone: its own port, its own state. */

const ROOT = join(import.meta.dirname, "../..");
const PORT = process.env.DBX_CONSOLE_TEST_PORT ?? "8098";
export const BASE = process.env.DBX_CONSOLE_TEST_URL ?? `http://localhost:${PORT}`;
const BINARY = process.env.DBXD ?? join(ROOT, "target/debug/dbxd");
const STATE = process.env.DBX_CONSOLE_TEST_STATE ?? join(ROOT, ".dbx/console-test");

export class Demo {
  private child: ChildProcess | null = null;

  async start({ fresh }: { fresh: boolean }): Promise<void> {
    mkdirSync(STATE, { recursive: true });
    const options = ["demo", "--port", PORT, "--state-dir", STATE, ...(fresh ? ["--fresh"] : [])];
    const env = { DBX_POSTGRES_DIR: join(ROOT, ".dbx/postgres"), ...process.env };
    const child = spawn(BINARY, options, { stdio: ["ignore", "pipe", "inherit"], env, cwd: ROOT });
    this.child = child;
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.startsWith("ready ")) {
        child.stdout.resume();
        return;
      }
    }
    throw new Error(`${BINARY} demo ended before it was ready; see what it said above`);
  }

  /** As an operator stops it; its state stays. */
  async stop(): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGTERM");
    await exited;
  }
}
