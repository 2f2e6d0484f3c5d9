import { readFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import type { Api } from "./api";
import { STATE } from "./demo";

/** What goes wrong at calls of the cluster whose method and path fit. */
interface Fault {
  method: string;
  path: string;
  action: "drop_before_effect" | { status: { code: number; reason: string } };
}

/** Containers cannot be started; who asks loses the connection, and tries again. */
export const NO_START: Fault = { method: "POST", path: "/nodes/*/lxc/*/status/start", action: "drop_before_effect" };
/** Containers cannot be destroyed, and trying again is of no use. */
export const NO_DESTROY: Fault = { method: "DELETE", path: "/nodes/*/lxc/*", action: { status: { code: 403, reason: "Permission check failed (/vms, VM.Allocate)" } } };

/** The demo's emulated cluster, told to fail: states that nobody could wait for are brought about, and stay until they were looked at. */
export const cluster = {
  fail: (faults: Fault[]) => call("POST", JSON.stringify(faults)),
  heal: () => call("DELETE"),
};

/** Two databases whose creation stays at its start: one to be canceled, one to get stuck. */
export async function heldAtStart(owner: Api, projectId: string, theme: string) {
  const canceled = await owner.order(projectId, `canceled-${theme}`);
  const stuck = await owner.order(projectId, `stuck-${theme}`);
  await owner.waitsAt(canceled.id, "start");
  await owner.waitsAt(stuck.id, "start");
  return { canceled, stuck };
}

const read = (file: string) => readFileSync(join(STATE, "cluster", file), "utf8");

function call(method: string, body?: string): Promise<void> {
  const { url } = JSON.parse(read("emulator.json")) as { url: string };
  const headers = { authorization: `PVEAPIToken=${read("token").trim()}` };
  return new Promise((resolve, reject) => {
    const sent = request(`${url}/emulator/faults`, { method, headers, ca: read("pve-root-ca.pem") }, (response) => {
      response.resume();
      if (response.statusCode === 200) resolve();
      else reject(new Error(`the cluster answered ${response.statusCode} to ${method} of faults`));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}
