import type { Role } from "@/api/types";

export const ROLES: readonly Role[] = ["viewer", "member", "admin", "owner"];

/** The weakest role that may do something; the server decides by the same table. */
const NEEDS = {
  renameOrg: "admin",
  deleteOrg: "owner",
  manageMembers: "admin",
  setQuota: "owner",
  writeProject: "member",
  deleteProject: "admin",
  writeInstance: "member",
  operateInstance: "member",
  deleteInstance: "admin",
  rotateCredentials: "member",
  revealCredentials: "member",
  manageApiKeys: "admin",
  manageWebhooks: "admin",
} as const satisfies Record<string, Role>;

export type Action = keyof typeof NEEDS;

const allows = (role: Role, action: Action): boolean => ROLES.indexOf(role) >= ROLES.indexOf(NEEDS[action]);

/** Why somebody may not, or null if they may. */
export function refusal(role: Role | undefined, action: Action): string | null {
  if (!role || allows(role, action)) return null;
  const article = /^[aeo]/.test(NEEDS[action]) ? "an" : "a";
  return `This needs ${article} ${NEEDS[action]} of the org; you are ${role === "admin" ? "an" : "a"} ${role}.`;
}

/** What a role is for, in a line. */
export const ROLE_MEANS: Record<Role, string> = {
  viewer: "Looks, changes nothing, sees no password.",
  member: "Creates, operates and connects to databases.",
  admin: "Deletes databases, manages people and keys.",
  owner: "Everything, including quotas and the org itself.",
};
