import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { createApiKey } from "@/api/account";
import { orgsQuery } from "@/api/orgs";
import { asProblem } from "@/api/problem";
import type { Role } from "@/api/types";
import { ErrorPanel } from "@/components/error-panel";
import { SecretOnce } from "@/components/secret-once";
import { Button } from "@/components/ui/button";
import { Dialog, DialogFooter } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Select } from "@/components/ui/select";
import { submits } from "@/lib/form";
import { ROLES } from "@/lib/policy";
import { usePlace } from "@/shell/place";

const HOUR = 3_600_000;
const DAY = 86_400_000;
const LIFETIMES = [
  { days: 30, label: "30 days" },
  { days: 90, label: "90 days" },
  { days: 365, label: "A year" },
  { days: 0, label: "Until revoked" },
] as const;

/** To the full hour, so that asking again asks for the same. */
const inDays = (days: number) => new Date(Math.ceil(Date.now() / HOUR) * HOUR + days * DAY).toISOString();

export function CreateApiKey({ open, onClose }: { open: boolean; onClose: () => void }) {
  const queries = useQueryClient();
  const orgs = useQuery(orgsQuery);
  const { orgId } = usePlace();
  const creating = useMutation({
    mutationFn: createApiKey,
    gcTime: 0,
    onSuccess: () => void queries.invalidateQueries({ queryKey: ["me", "api-keys"] }),
  });
  const close = () => {
    creating.reset();
    onClose();
  };
  const problem = creating.isError ? asProblem(creating.error) : null;
  if (creating.data) {
    return (
      <Dialog open={open} onClose={close} title="Key ready" description="For the header Authorization: Bearer, or for DBX_TOKEN of the dbx command.">
        <SecretOnce label="API key" secret={creating.data.token} onDone={close} />
      </Dialog>
    );
  }
  return (
    <Dialog open={open} onClose={close} title="New API key">
      <form
        className="grid gap-4"
        onSubmit={submits((text) => {
          const days = Number(text("days"));
          creating.mutate({
            name: text("name"),
            orgId: text("org"),
            role: text("role") as Role,
            ...(days > 0 ? { expiresAt: inDays(days) } : {}),
          });
        })}
      >
        <Field label="Name" error={problem?.field("name")} hint="What uses it, such as deploy pipeline.">
          {(control) => <Input {...control} name="name" required maxLength={80} autoComplete="off" />}
        </Field>
        <Field label="Org" error={problem?.field("orgId")}>
          {(control) => (
            <Select {...control} name="org" defaultValue={orgId ?? undefined}>
              {orgs.data?.map((org) => (
                <option key={org.id} value={org.id}>
                  {org.name}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <div className="grid grid-cols-2 gap-4">
          <Field label="Role" error={problem?.field("role")}>
            {(control) => (
              <Select {...control} name="role" defaultValue="member">
                {ROLES.map((role) => (
                  <option key={role} value={role}>
                    {role.replace(/^./, (first) => first.toUpperCase())}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          <Field label="Expires" error={problem?.field("expiresAt")}>
            {(control) => (
              <Select {...control} name="days" defaultValue="90">
                {LIFETIMES.map(({ days, label }) => (
                  <option key={days} value={days}>
                    {label}
                  </option>
                ))}
              </Select>
            )}
          </Field>
        </div>
        {problem && problem.fields.size === 0 ? <ErrorPanel error={problem} /> : null}
        <DialogFooter>
          <Button variant="outline" onClick={close}>
            Cancel
          </Button>
          <Button type="submit" busy={creating.isPending}>
            Create key
          </Button>
        </DialogFooter>
      </form>
    </Dialog>
  );
}
