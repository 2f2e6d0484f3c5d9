import type { Actor, Health, JobKind, JobStatus, Lifecycle, StepStatus } from "@/api/types";
import type { Tone } from "@/components/ui/badge";

export interface Word {
  label: string;
  tone: Tone;
  /** Something is under way. */
  moving?: boolean;
}

export const LIFECYCLE: Record<Lifecycle, Word> = {
  requested: { label: "Requested", tone: "accent", moving: true },
  provisioning: { label: "Creating", tone: "accent", moving: true },
  running: { label: "Running", tone: "good" },
  stopped: { label: "Stopped", tone: "neutral" },
  deleting: { label: "Deleting", tone: "warn", moving: true },
  deleted: { label: "Deleted", tone: "neutral" },
  failed: { label: "Failed", tone: "bad" },
  needs_operator: { label: "Needs attention", tone: "warn" },
};

export const HEALTH: Record<Health, Word> = {
  healthy: { label: "Healthy", tone: "good" },
  unreachable: { label: "Unreachable", tone: "bad" },
  unknown: { label: "Not checked yet", tone: "neutral" },
};

export const JOB_STATUS: Record<JobStatus, Word> = {
  queued: { label: "Queued", tone: "accent", moving: true },
  running: { label: "Running", tone: "accent", moving: true },
  succeeded: { label: "Done", tone: "good" },
  failed: { label: "Failed", tone: "bad" },
  canceled: { label: "Canceled", tone: "neutral" },
  needs_operator: { label: "Needs attention", tone: "warn" },
};

/** What a job is called while it runs and afterwards. */
export const JOB_KIND: Record<JobKind, { doing: string; noun: string }> = {
  create: { doing: "Creating the database", noun: "Create" },
  start: { doing: "Starting", noun: "Start" },
  stop: { doing: "Stopping", noun: "Stop" },
  reboot: { doing: "Rebooting", noun: "Reboot" },
  rotate: { doing: "Rotating the password", noun: "Password rotation" },
  delete: { doing: "Deleting the database", noun: "Delete" },
};

export const STEP_STATUS: Record<StepStatus, string> = {
  pending: "waiting",
  running: "running",
  retrying: "trying again",
  completed: "done",
  failed: "failed",
  undoing: "being undone",
  undone: "undone",
  undo_failed: "could not be undone",
};

/** Steps in words; one that is new to this console is shown by its name. */
const STEPS: Record<string, string> = {
  reserve: "Reserve a place on a node",
  issue_credentials: "Issue credentials",
  clone: "Clone the template",
  configure: "Configure the container",
  attach_volume: "Attach the data volume",
  deliver_env: "Deliver settings and certificate",
  start: "Start the container",
  await_postgres: "Wait for Postgres to answer",
  stop: "Stop the container",
  destroy: "Destroy the container",
  release: "Release the place",
  shred: "Shred the credentials",
  issue_credential: "Issue a new password",
  apply: "Set it in Postgres",
  confirm: "Sign in with it",
  retire: "Retire the old password",
};

export const stepName = (name: string): string => STEPS[name] ?? name.replaceAll("_", " ").replace(/^./, (first) => first.toUpperCase());

export const isSettled = (status: JobStatus): boolean => status === "succeeded" || status === "failed" || status === "canceled";

/** Who did something: by name, or what they were where nobody has the name any more. */
export const whoActed = ({ kind, name }: Actor): string => name ?? { system: "db.xyz", api_key: "A revoked API key", account: "A deleted account" }[kind];

const UPID = /UPID:([^:\s]+):[^:\s]*:[^:\s]*:[^:\s]*:([^:\s]+):([^:\s]*):[^:\s]*:/g;

/** A text of the server with Proxmox's task ids in words; events and the API have them whole. */
export const readable = (text: string): string => text.replaceAll(UPID, (_, node: string, kind: string, id: string) => (id ? `${kind} ${id} on ${node}` : `${kind} on ${node}`));
