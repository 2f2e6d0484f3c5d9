import { Outlet } from "@tanstack/react-router";
import { PageBody, PageHeader } from "@/components/page";
import { TabLink, TabLinks } from "@/components/ui/tabs";

export function AccountLayout() {
  return (
    <PageBody>
      <div className="grid gap-3">
        <PageHeader title="Account" />
        <TabLinks label="Account">
          <TabLink to="/account" exact>
            Profile
          </TabLink>
          <TabLink to="/account/sessions">Sessions</TabLink>
          <TabLink to="/account/api-keys">API keys</TabLink>
          <TabLink to="/account/privacy">Privacy</TabLink>
        </TabLinks>
      </div>
      <Outlet />
    </PageBody>
  );
}
