import { useQueryClient } from "@tanstack/react-query";
import { projectQuotaQuery, updateProjectQuota } from "@/api/projects";
import type { ProjectQuota } from "@/api/types";
import { LimitsEditor } from "@/components/limits-editor";

/** An empty field is no limit. */
const asLimit = (typed: string): number | null => (typed.trim() === "" ? null : Number(typed));

export function ProjectLimits({ projectId, limits }: { projectId: string; limits: ProjectQuota["limits"] }) {
  const queries = useQueryClient();
  return (
    <LimitsEditor
      title="Limits of this project"
      description="The most that its databases may use at once. What it already uses stays, even above a lower limit. An empty field is no limit."
      said="Limits saved."
      limits={limits}
      read={asLimit}
      empty="No limit"
      save={async (wish) => queries.setQueryData(projectQuotaQuery(projectId).queryKey, await updateProjectQuota(projectId, wish))}
    />
  );
}
