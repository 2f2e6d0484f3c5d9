import type { components } from "../src/api/schema.gen";
import { BASE } from "./demo";

type Schemas = components["schemas"];
export type Instance = Schemas["Instance"];
export type Event = Schemas["Event"];

export const PASSWORD = "violet tractor under nine moons";

/** The API as a program uses it, to prepare what a test looks at and to compare with what it sees. */
export class Api {
  private readonly token: string;
  readonly email: string;

  private constructor(token: string, email: string) {
    this.token = token;
    this.email = email;
  }

  static async register(name: string): Promise<Api> {
    const email = `${name.toLowerCase()}-${Date.now()}-${Math.floor(Math.random() * 1e6)}@example.com`;
    const session = await send<Schemas["Session"]>("POST", "/v1/auth/register", null, { email, displayName: name, password: PASSWORD, delivery: "token" });
    return new Api(session.token ?? "", email);
  }

  get<T>(path: string): Promise<T> {
    return send("GET", path, this.token);
  }
  post<T>(path: string, body: object = {}): Promise<T> {
    return send("POST", path, this.token, body);
  }
  patch<T>(path: string, body: object): Promise<T> {
    return send("PATCH", path, this.token, body);
  }
  delete<T>(path: string): Promise<T> {
    return send("DELETE", path, this.token);
  }

  async org(): Promise<string> {
    const { data } = await this.get<Schemas["Page_Org"]>("/v1/orgs");
    return data[0]?.id ?? "";
  }
  async project(orgId: string, name: string): Promise<string> {
    return (await this.post<Schemas["Project"]>(`/v1/orgs/${orgId}/projects`, { name })).id;
  }
  /** A database that is only asked for. */
  order(projectId: string, name: string, tags: Record<string, string> = { env: "test", team: "shop" }): Promise<Schemas["InstanceAccepted"]> {
    return this.post(`/v1/projects/${projectId}/instances`, { name, plan: "nano", tags });
  }
  /** A database that runs. */
  async instance(projectId: string, name: string, tags?: Record<string, string>): Promise<string> {
    const job = await this.order(projectId, name, tags);
    await this.succeeded(job.id);
    return job.instanceId;
  }
  async succeeded(jobId: string): Promise<void> {
    await this.comesTo(jobId, "succeeded");
  }
  /** Waits until a job rests, however long it takes, and wants it to rest there; the server answers after a minute at the latest. */
  async comesTo(jobId: string, status: Schemas["JobStatus"]): Promise<void> {
    let job: Schemas["Job"];
    do {
      // One answer after the other is the point.
      // eslint-disable-next-line no-await-in-loop
      job = await this.get<Schemas["Job"]>(`/v1/jobs/${jobId}?wait=60`);
    } while (job.status === "queued" || job.status === "running");
    if (job.status !== status) throw new Error(`job ${jobId} did not come to ${status}: ${JSON.stringify(job)}`);
  }
  /** Waits until a job waits to try a step again. */
  async waitsAt(jobId: string, step: string): Promise<void> {
    const isRetrying = async () => (await this.get<Schemas["Job"]>(`/v1/jobs/${jobId}`)).steps.some(({ name, status }) => name === step && status === "retrying");
    while (!(await isRetrying())) await new Promise((resolve) => setTimeout(resolve, 100));
  }
  async deleted(instanceId: string): Promise<void> {
    const { id } = await this.delete<Schemas["Job"]>(`/v1/instances/${instanceId}`);
    await this.succeeded(id);
  }
  async events(instanceId: string): Promise<Event[]> {
    const { data } = await this.get<Schemas["Page_Event"]>(`/v1/instances/${instanceId}/events?page%5Bsize%5D=200`);
    return data;
  }
  async viewerOf(orgId: string, name: string): Promise<Api> {
    const other = await Api.register(name);
    const invitation = await this.post<Schemas["IssuedInvitation"]>(`/v1/orgs/${orgId}/invitations`, { email: other.email, role: "viewer" });
    await other.post(`/v1/invitations/${invitation.token}/accept`);
    return other;
  }
}

async function send<T>(method: string, path: string, token: string | null, body?: object): Promise<T> {
  const response = await fetch(BASE + path, {
    method,
    headers: { "content-type": "application/json", ...(token ? { authorization: `Bearer ${token}` } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return (text ? JSON.parse(text) : null) as T;
}
