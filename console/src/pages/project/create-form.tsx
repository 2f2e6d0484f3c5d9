import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { RefreshCw } from "lucide-react";
import { useMemo, useState } from "react";
import { adoptJob, createInstance, instanceQuery, type NewInstance } from "@/api/instances";
import { quotaQuery } from "@/api/orgs";
import { asProblem } from "@/api/problem";
import { projectQuotaQuery } from "@/api/projects";
import type { Catalogue, Plan, Project } from "@/api/types";
import { Allowed } from "@/components/allowed";
import { ErrorPanel } from "@/components/error-panel";
import { NameField } from "@/components/name-field";
import { Button, buttonVariants } from "@/components/ui/button";
import { Card, CardContent, CardHeader, CardTitle } from "@/components/ui/card";
import { CodeBlock } from "@/components/ui/code-block";
import { Segmented } from "@/components/ui/segmented";
import { submits } from "@/lib/form";
import { suggestName } from "@/lib/names";
import { useRefusal } from "@/shell/place";
import { asCurl, asDbx } from "./commands";
import { DiskField } from "./disk-field";
import { PlanCards } from "./plan-cards";
import { QuotaCheck, shortage, taken as takes } from "./quota-check";
import { asTags, TagEditor, type TagRow } from "./tag-editor";

interface CreateFormProps {
  project: Project;
  catalogue: Catalogue;
  taken: ReadonlySet<string>;
}

/** What says itself what is wrong with it. */
const FIELDS: readonly string[] = ["name", "diskGiB", "tags"];

/** What most people want to try first: the smallest plan that is not a toy. */
const firstChoice = (plans: readonly Plan[]): Plan | undefined => plans.find((plan) => plan.name === "lite") ?? plans[0];

export function CreateForm({ project, catalogue, taken }: CreateFormProps) {
  const [name, setName] = useState(() => suggestName(taken));
  const [plan, setPlan] = useState(() => firstChoice(catalogue.data));
  const [version, setVersion] = useState(catalogue.defaultPgVersion);
  const [disk, setDisk] = useState(plan?.diskGiBMin ?? 0);
  const [tags, setTags] = useState<TagRow[]>([]);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const quota = useQuery(quotaQuery(project.orgId));
  const own = useQuery(projectQuotaQuery(project.id));
  const refused = useRefusal("writeInstance");
  const order: NewInstance = useMemo(() => {
    const named = asTags(tags);
    return { name, plan: plan?.name ?? "", pgVersion: version, diskGiB: disk, ...(Object.keys(named).length > 0 ? { tags: named } : {}) };
  }, [name, plan, version, disk, tags]);
  const creating = useMutation({
    mutationFn: (wish: NewInstance) => createInstance(project.id, wish),
    onError: () => document.querySelector<HTMLElement>("[aria-invalid=true]")?.focus(),
    onSuccess: async ({ instance, ...job }) => {
      queries.setQueryData(instanceQuery(instance.id).queryKey, instance);
      adoptJob(queries, job);
      void queries.invalidateQueries({ queryKey: ["project", project.id] });
      await navigate({ to: "/instances/$instanceId", params: { instanceId: instance.id } });
    },
  });
  const problem = creating.isError ? asProblem(creating.error) : null;
  // Somebody else may have taken it a moment ago: then only the server knows.
  const isTaken = taken.has(name) || (problem?.status === 409 && problem.fields.has("name") && creating.variables?.name === name);
  const toldAtFields = problem !== null && problem.fields.size > 0 && [...problem.fields.keys()].every((field) => FIELDS.includes(field));
  const needs = plan ? takes(plan, disk) : null;
  const reason = refused ?? (needs ? (shortage(quota.data, needs, "org") ?? shortage(own.data, needs, "project")) : null);
  const choose = (next: Plan) => {
    setPlan(next);
    // What was chosen stays where the new plan has it.
    setDisk(Math.min(Math.max(disk, next.diskGiBMin), next.diskGiBMax));
  };
  return (
    <form className="grid grid-cols-1 gap-6 lg:grid-cols-[minmax(0,1fr)_19rem]" onSubmit={submits(() => (reason || creating.isPending || name === "" ? undefined : creating.mutate(order)))}>
      <div className="grid content-start gap-7">
        <NameField value={name} onChange={setName} error={isTaken ? `This project already has a database named ${name}.` : problem?.field("name")}>
          <Button variant="outline" className="w-8.5 px-0" aria-label="Suggest another name" title="Suggest another name" onClick={() => setName(suggestName(taken))}>
            <RefreshCw />
          </Button>
        </NameField>
        <PlanCards plans={catalogue.data} value={plan?.name ?? ""} onChange={choose} />
        {plan ? <DiskField plan={plan} value={disk} onChange={setDisk} error={problem?.field("diskGiB")} /> : null}
        <div className="grid justify-items-start gap-2">
          <span aria-hidden className="text-[0.8125rem] font-medium">
            Postgres version
          </span>
          <Segmented
            label="Postgres version"
            value={String(version)}
            onChange={(chosen) => setVersion(Number(chosen))}
            options={catalogue.pgVersions.map((one) => ({ value: String(one), label: one === catalogue.defaultPgVersion ? `${one} (recommended)` : String(one) }))}
          />
        </div>
        <TagEditor rows={tags} onChange={setTags} error={problem?.field("tags")} />
        {problem && !toldAtFields ? <ErrorPanel error={problem} title={problem.status === 0 ? undefined : "The database was not created"} told={FIELDS} /> : null}
        <details className="group rounded-lg border bg-surface">
          <summary className="cursor-pointer rounded-lg px-4 py-3 font-medium select-none hover:bg-muted/50">The same from a script: dbx or curl</summary>
          <div className="grid gap-3 border-t p-4">
            <CodeBlock label="dbx command" code={asDbx(project.name, order)} />
            <CodeBlock label="curl command" code={asCurl(location.origin, project.id, order)} />
          </div>
        </details>
      </div>
      <Card className="self-start lg:sticky lg:top-19">
        <CardHeader>
          <CardTitle>Quota of the org</CardTitle>
        </CardHeader>
        <CardContent className="grid gap-5">
          {needs ? <QuotaCheck orgId={project.orgId} added={needs} /> : null}
          {reason ? (
            <p role="status" className="text-[0.8125rem] text-bad text-pretty">
              {reason}
            </p>
          ) : null}
          <div className="grid gap-2">
            <Allowed reason={reason}>
              <Button type="submit" size="lg" busy={creating.isPending} className="w-full">
                Create database
              </Button>
            </Allowed>
            <Link to="/projects/$projectId" params={{ projectId: project.id }} className={buttonVariants({ variant: "ghost" })}>
              Cancel
            </Link>
          </div>
        </CardContent>
      </Card>
    </form>
  );
}
