import { useQuery } from "@tanstack/react-query";
import { Navigate } from "@tanstack/react-router";
import { orgsQuery } from "@/api/orgs";
import { Loaded } from "@/components/loaded";
import { PageBody, PageHeader } from "@/components/page";
import { Empty } from "@/components/ui/empty";
import { remembered } from "@/lib/storage";

/** Leads to the org where the person was last. */
export function Home() {
  const orgs = useQuery(orgsQuery);
  return (
    <Loaded query={orgs} skeleton={null}>
      {(all) => {
        const last = all.find((org) => org.id === remembered("org")) ?? all[0];
        if (last) return <Navigate to="/orgs/$orgId" params={{ orgId: last.id }} replace />;
        return (
          <PageBody>
            <PageHeader title="Welcome" />
            <Empty title="You are in no org">Create one with the switcher on the left, or open an invitation that somebody sent you.</Empty>
          </PageBody>
        );
      }}
    </Loaded>
  );
}
