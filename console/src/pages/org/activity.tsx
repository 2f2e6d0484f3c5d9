import { useParams } from "@tanstack/react-router";
import { ActivityList } from "@/activity/activity-list";
import { PageBody, PageHeader } from "@/components/page";
import { Card } from "@/components/ui/card";

export function OrgActivity() {
  const { orgId } = useParams({ from: "/shell/orgs/$orgId/activity" });
  return (
    <PageBody>
      <PageHeader title="Activity" description="What people, keys and the platform did in this org, as it happens." />
      <Card>
        <ActivityList orgId={orgId} />
      </Card>
    </PageBody>
  );
}
