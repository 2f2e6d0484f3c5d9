import type { components } from "./schema.gen";

type Schemas = components["schemas"];

/** The API's shapes under the names that the pages use. */
export type Actor = Schemas["Actor"];
export type ActivityItem = Schemas["ActivityItem"];
export type AuditEntry = Schemas["AuditEntry"];
export type ApiKey = Schemas["ApiKey"];
export type Catalogue = Schemas["Catalogue"];
export type Checkpoint = Schemas["Checkpoint"];
export type Connection = Schemas["Connection"];
export type Event = Schemas["Event"];
export type Health = Schemas["Health"];
export type Instance = Schemas["Instance"];
export type Invitation = Schemas["Invitation"];
export type IssuedApiKey = Schemas["IssuedApiKey"];
export type Job = Schemas["Job"];
export type JobKind = Schemas["JobKind"];
export type JobStatus = Schemas["JobStatus"];
export type JobStep = Schemas["JobStep"];
export type Lifecycle = Schemas["Lifecycle"];
export type Member = Schemas["Member"];
export type Metrics = Schemas["InstanceMetrics"];
export type MetricSample = Schemas["MetricSample"];
export type MetricsWindow = Schemas["MetricsWindow"];
export type OpenSession = Schemas["OpenSession"];
export type Org = Schemas["Org"];
export type Plan = Schemas["Plan"];
export type Project = Schemas["Project"];
export type ProjectQuota = Schemas["ProjectQuota"];
export type Quota = Schemas["Quota"];
export type Role = Schemas["Role"];
export type StepStatus = Schemas["StepStatus"];
export type WayOutAction = Schemas["WayOutAction"];
export type Webhook = Schemas["Webhook"];
export type WebhookDelivery = Schemas["WebhookDelivery"];
export type Usage = Schemas["Usage"];
export type Why = Schemas["Why"];
