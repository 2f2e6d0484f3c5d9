import { useQueryClient } from "@tanstack/react-query";
import { quotaQuery, updateQuota } from "@/api/orgs";
import type { Quota } from "@/api/types";
import { LimitsEditor } from "@/components/limits-editor";

export function QuotaEditor({ orgId, quota }: { orgId: string; quota: Quota }) {
  const queries = useQueryClient();
  return (
    <LimitsEditor
      title="Change the quota"
      description="The most that this org may use at once. What it already uses stays, even above a lower limit."
      said="Quota saved."
      limits={quota.limits}
      read={Number}
      save={async (wish) => queries.setQueryData(quotaQuery(orgId).queryKey, await updateQuota(orgId, wish))}
    />
  );
}
