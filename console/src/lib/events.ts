/** Kinds of events that a webhook can be told of, by what they are about. The names are the API's. */
export const EVENT_GROUPS: ReadonlyArray<{ title: string; kinds: ReadonlyArray<readonly [type: string, label: string]> }> = [
  {
    title: "Databases",
    kinds: [
      ["InstanceRequested", "Database ordered"],
      ["InstanceRenamed", "Database renamed"],
      ["TagsChanged", "Tags changed"],
      ["ProtectionChanged", "Deletion protection switched"],
      ["CredentialRevealed", "Password revealed"],
      ["HealthObserved", "Stops or begins to answer"],
      ["DriftDetected", "Differs from the cluster"],
      ["DriftRepaired", "Agrees with the cluster again"],
    ],
  },
  {
    title: "Jobs",
    kinds: [
      ["WorkflowRequested", "Job asked for"],
      ["WorkflowFinished", "Job ended"],
      ["WorkflowParked", "Job needs attention"],
      ["CancelRequested", "Cancel asked for"],
      ["RetryRequested", "Retry asked for"],
      ["AbandonRequested", "Job abandoned"],
    ],
  },
  {
    title: "People",
    kinds: [
      ["InvitationIssued", "Invitation made"],
      ["InvitationRevoked", "Invitation withdrawn"],
      ["MemberAdded", "Member joined"],
      ["MemberRoleChanged", "Role changed"],
      ["MemberRemoved", "Member left or removed"],
    ],
  },
  {
    title: "Org",
    kinds: [
      ["OrgRenamed", "Org renamed"],
      ["ProjectCreated", "Project created"],
      ["ProjectRenamed", "Project renamed"],
      ["ProjectDeleted", "Project deleted"],
      ["QuotaSet", "Quota changed"],
      ["WebhookChanged", "Webhook changed"],
    ],
  },
  {
    title: "Single steps",
    kinds: [
      ["StepBegan", "Step began"],
      ["StepCompleted", "Step done"],
      ["StepFailed", "Step failed"],
    ],
  },
];

const LABELS: ReadonlyMap<string, string> = new Map([...EVENT_GROUPS.flatMap(({ kinds }) => kinds), ["webhook.test", "Test"]]);

/** A kind of event in words; one that is new to this console by its name. */
export const eventKind = (type: string): string => LABELS.get(type) ?? type;
