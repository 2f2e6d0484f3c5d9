import { useQueries, useQuery } from "@tanstack/react-query";
import { useId } from "react";
import type { AuditFilter } from "@/api/audit";
import { instancesQuery } from "@/api/instances";
import { membersQuery } from "@/api/orgs";
import { projectsQuery } from "@/api/projects";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { submits } from "@/lib/form";

interface AuditFiltersProps {
  orgId: string;
  filter: AuditFilter;
  /** Those that the entries on the page are of. */
  actions: readonly string[];
  onChange: (filter: AuditFilter) => void;
}

const DAY = 86_400_000;
/** Days of the picker as moments, in the zone in which the table is written; the last day counts whole. */
const begin = (date: string) => (date ? new Date(`${date}T00:00`).toISOString() : undefined);
const end = (date: string) => (date ? new Date(new Date(`${date}T00:00`).getTime() + DAY).toISOString() : undefined);
const two = (amount: number) => String(amount).padStart(2, "0");
function dayOf(time: number): string {
  const date = new Date(time);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
const firstDay = (from: string | undefined) => (from ? dayOf(Date.parse(from)) : "");
const lastDay = (to: string | undefined) => (to ? dayOf(Date.parse(to) - 1) : "");

/** Things that a filter can name, each by its id. */
interface Choice {
  id: string;
  name: string;
}

/** What people call something, for an id that is known; the id itself otherwise. And the other way around. */
const nameFor = (choices: readonly Choice[], id: string | undefined) => choices.find((one) => one.id === id)?.name ?? id;
const idFor = (choices: readonly Choice[], typed: string) => (choices.find((one) => one.name === typed)?.id ?? typed) || undefined;

/** Two of the same name are told apart by their ids. */
function distinct(choices: readonly Choice[]): Choice[] {
  const twice = (name: string) => choices.filter((one) => one.name === name).length > 1;
  return choices.map((one) => (twice(one.name) ? { ...one, name: `${one.name} (${one.id})` } : one));
}

/** People by name; things of the org by name. Whoever has an id at hand may type that as well. */
function useChoices(orgId: string): { people: Choice[]; things: Choice[] } {
  const members = useQuery(membersQuery(orgId));
  const projects = useQuery(projectsQuery(orgId));
  const lists = useQueries({ queries: (projects.data ?? []).slice(0, 20).map((one) => instancesQuery(one.id)) });
  return {
    people: distinct((members.data ?? []).map(({ userId, displayName, email }) => ({ id: userId, name: displayName ?? email ?? userId }))),
    things: distinct([...(projects.data ?? []), ...lists.flatMap(({ data }) => data ?? [])].map(({ id, name }) => ({ id, name }))),
  };
}

export function AuditFilters({ orgId, filter, actions, onChange }: AuditFiltersProps) {
  const lists = useId();
  const { people, things } = useChoices(orgId);
  const some = Object.values(filter).some(Boolean);
  return (
    <form
      role="search"
      aria-label="Audit log"
      className="grid grid-cols-2 items-end gap-3 sm:grid-cols-3 lg:grid-cols-[repeat(5,minmax(0,1fr))_auto]"
      onSubmit={submits((text) =>
        onChange({
          actor: idFor(people, text("actor").trim()),
          action: text("action").trim() || undefined,
          resource: idFor(things, text("resource").trim()),
          from: begin(text("from")),
          to: end(text("to")),
        }),
      )}
    >
      {/* Names are known a moment later than the address that has the ids. */}
      <Field label="Actor">{(control) => <Input key={nameFor(people, filter.actor)} {...control} name="actor" list={`${lists}-people`} defaultValue={nameFor(people, filter.actor)} placeholder="Anybody" />}</Field>
      <Field label="Action">{(control) => <Input {...control} name="action" list={`${lists}-actions`} defaultValue={filter.action} placeholder="Anything" />}</Field>
      <Field label="Resource">{(control) => <Input key={nameFor(things, filter.resource)} {...control} name="resource" list={`${lists}-things`} defaultValue={nameFor(things, filter.resource)} placeholder="To anything" />}</Field>
      <Field label="From">{(control) => <Input {...control} name="from" type="date" defaultValue={firstDay(filter.from)} />}</Field>
      <Field label="To">{(control) => <Input {...control} name="to" type="date" defaultValue={lastDay(filter.to)} />}</Field>
      <Names id={`${lists}-people`} names={people.map(({ name }) => name)} />
      <Names id={`${lists}-actions`} names={actions} />
      <Names id={`${lists}-things`} names={things.map(({ name }) => name)} />
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

function Names({ id, names }: { id: string; names: readonly string[] }) {
  return (
    <datalist id={id}>
      {names.map((name) => (
        <option key={name}>{name}</option>
      ))}
    </datalist>
  );
}
