import { useQuery } from "@tanstack/react-query";
import { useId } from "react";
import type { AuditFilter } from "@/api/audit";
import { membersQuery } from "@/api/orgs";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { submits } from "@/lib/form";

interface AuditFiltersProps {
  orgId: string;
  filter: AuditFilter;
  onChange: (filter: AuditFilter) => void;
}

/** Days of the picker as moments in UTC; the last day counts whole. */
const begin = (date: string) => (date ? `${date}T00:00:00Z` : undefined);
const end = (date: string) => (date ? new Date(Date.parse(`${date}T00:00:00Z`) + 86_400_000).toISOString() : undefined);
const lastDay = (to: string | undefined) => (to ? new Date(Date.parse(to) - 1).toISOString().slice(0, 10) : "");

export function AuditFilters({ orgId, filter, onChange }: AuditFiltersProps) {
  const people = useId();
  const members = useQuery(membersQuery(orgId));
  const some = Object.values(filter).some(Boolean);
  return (
    <form
      role="search"
      aria-label="Audit log"
      className="grid grid-cols-2 items-end gap-3 sm:grid-cols-3 lg:grid-cols-[repeat(5,minmax(0,1fr))_auto]"
      onSubmit={submits((text) =>
        onChange({
          actor: text("actor").trim() || undefined,
          action: text("action").trim() || undefined,
          resource: text("resource").trim() || undefined,
          from: begin(text("from")),
          to: end(text("to")),
        }),
      )}
    >
      <Field label="Actor">{(control) => <Input {...control} name="actor" list={people} defaultValue={filter.actor} placeholder="usr_… or key_…" />}</Field>
      <Field label="Action">{(control) => <Input {...control} name="action" defaultValue={filter.action} placeholder="instance.create" />}</Field>
      <Field label="Resource">{(control) => <Input {...control} name="resource" defaultValue={filter.resource} placeholder="ins_…" />}</Field>
      <Field label="From">{(control) => <Input {...control} name="from" type="date" defaultValue={filter.from?.slice(0, 10)} />}</Field>
      <Field label="To">{(control) => <Input {...control} name="to" type="date" defaultValue={lastDay(filter.to)} />}</Field>
      <datalist id={people}>
        {members.data?.map(({ userId, displayName }) => (
          <option key={userId} value={userId}>
            {displayName}
          </option>
        ))}
      </datalist>
      <div className="flex gap-2">
        <Button type="submit" variant="outline">
          Filter
        </Button>
        {some ? (
          <Button variant="ghost" onClick={() => onChange({})}>
            Clear
          </Button>
        ) : null}
      </div>
    </form>
  );
}
