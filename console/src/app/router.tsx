import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet, redirect } from "@tanstack/react-router";
import { maySignedIn } from "@/api/account";
import { Crash } from "./crash";
import { Missing } from "./missing";

const root = createRootRoute({ component: Outlet, notFoundComponent: Missing, errorComponent: Crash });

/** A path of this console only: a link in `?next=` must not lead to another site. */
const next = (search: Record<string, unknown>): { next?: string | undefined } => ({
  // Left out, the raw value would stay: what is not said here is kept as it came.
  next: typeof search.next === "string" && /^\/(?![/\\])/.test(search.next) ? search.next : undefined,
});

const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  validateSearch: next,
  component: lazyRouteComponent(() => import("@/pages/auth/login"), "Login"),
});
const signup = createRoute({
  getParentRoute: () => root,
  path: "/signup",
  validateSearch: next,
  component: lazyRouteComponent(() => import("@/pages/auth/signup"), "Signup"),
});
const invite = createRoute({
  getParentRoute: () => root,
  // The token is behind `#`, where no server, log or referrer sees it.
  path: "/invitations",
  component: lazyRouteComponent(() => import("@/pages/auth/invite"), "Invite"),
});

const shell = createRoute({
  getParentRoute: () => root,
  id: "shell",
  beforeLoad: ({ location }) => {
    if (!maySignedIn()) throw redirect({ to: "/login", search: location.pathname === "/" ? {} : { next: location.href } });
  },
  component: lazyRouteComponent(() => import("@/shell/shell"), "Shell"),
});
const home = createRoute({
  getParentRoute: () => shell,
  path: "/",
  component: lazyRouteComponent(() => import("@/pages/home"), "Home"),
});

const org = createRoute({ getParentRoute: () => shell, path: "/orgs/$orgId" });
const orgPages = [
  createRoute({ getParentRoute: () => org, path: "/", component: lazyRouteComponent(() => import("@/pages/org/projects"), "Projects") }),
  createRoute({ getParentRoute: () => org, path: "/activity", component: lazyRouteComponent(() => import("@/pages/org/activity"), "OrgActivity") }),
  createRoute({ getParentRoute: () => org, path: "/members", component: lazyRouteComponent(() => import("@/pages/org/members"), "Members") }),
  createRoute({ getParentRoute: () => org, path: "/usage", component: lazyRouteComponent(() => import("@/pages/org/usage"), "UsagePage") }),
  createRoute({ getParentRoute: () => org, path: "/webhooks", component: lazyRouteComponent(() => import("@/pages/org/webhooks"), "Webhooks") }),
  createRoute({ getParentRoute: () => org, path: "/settings", component: lazyRouteComponent(() => import("@/pages/org/settings"), "OrgSettings") }),
];
const auditFields = ["actor", "action", "resource", "from", "to"] as const;
const audit = createRoute({
  getParentRoute: () => org,
  path: "/audit",
  validateSearch: (search: Record<string, unknown>): Partial<Record<(typeof auditFields)[number], string>> =>
    Object.fromEntries(auditFields.flatMap((name) => (typeof search[name] === "string" && search[name] ? [[name, search[name]]] : []))),
  component: lazyRouteComponent(() => import("@/pages/org/audit"), "Audit"),
});

const project = createRoute({ getParentRoute: () => shell, path: "/projects/$projectId" });
const projectPages = [
  createRoute({ getParentRoute: () => project, path: "/", component: lazyRouteComponent(() => import("@/pages/project/instances"), "Instances") }),
  createRoute({ getParentRoute: () => project, path: "/new", component: lazyRouteComponent(() => import("@/pages/project/create"), "CreateInstance") }),
  createRoute({ getParentRoute: () => project, path: "/activity", component: lazyRouteComponent(() => import("@/pages/project/activity"), "ProjectActivity") }),
  createRoute({ getParentRoute: () => project, path: "/usage", component: lazyRouteComponent(() => import("@/pages/project/usage"), "ProjectUsage") }),
  createRoute({ getParentRoute: () => project, path: "/settings", component: lazyRouteComponent(() => import("@/pages/project/settings"), "ProjectSettings") }),
];

const instance = createRoute({
  getParentRoute: () => shell,
  path: "/instances/$instanceId",
  // The moment that is looked at: the position of the last event that counts; without it, now.
  validateSearch: (search: Record<string, unknown>): { at?: string } =>
    typeof search.at === "string" && search.at !== "" ? { at: search.at } : {},
  component: lazyRouteComponent(() => import("@/pages/instance/layout"), "InstanceLayout"),
});
const windows = ["15m", "1h", "6h", "24h"] as const;
const metrics = createRoute({
  getParentRoute: () => instance,
  path: "/metrics",
  validateSearch: (search: Record<string, unknown>): { window?: (typeof windows)[number] } => {
    const window = windows.find((one) => one === search.window);
    return window ? { window } : {};
  },
  component: lazyRouteComponent(() => import("@/pages/instance/metrics"), "MetricsPage"),
});
const instancePages = [
  createRoute({ getParentRoute: () => instance, path: "/", component: lazyRouteComponent(() => import("@/pages/instance/overview"), "Overview") }),
  createRoute({ getParentRoute: () => instance, path: "/connect", component: lazyRouteComponent(() => import("@/pages/instance/connect"), "Connect") }),
  createRoute({ getParentRoute: () => instance, path: "/activity", component: lazyRouteComponent(() => import("@/pages/instance/activity"), "InstanceActivity") }),
  createRoute({ getParentRoute: () => instance, path: "/settings", component: lazyRouteComponent(() => import("@/pages/instance/settings"), "InstanceSettings") }),
];

const account = createRoute({
  getParentRoute: () => shell,
  path: "/account",
  component: lazyRouteComponent(() => import("@/pages/account/layout"), "AccountLayout"),
});
const accountPages = [
  createRoute({ getParentRoute: () => account, path: "/", component: lazyRouteComponent(() => import("@/pages/account/profile"), "Profile") }),
  createRoute({ getParentRoute: () => account, path: "/sessions", component: lazyRouteComponent(() => import("@/pages/account/sessions"), "Sessions") }),
  createRoute({ getParentRoute: () => account, path: "/privacy", component: lazyRouteComponent(() => import("@/pages/account/privacy"), "Privacy") }),
  createRoute({ getParentRoute: () => account, path: "/api-keys", component: lazyRouteComponent(() => import("@/pages/account/api-keys"), "ApiKeys") }),
];

const tree = root.addChildren([
  login,
  signup,
  invite,
  shell.addChildren([
    home,
    org.addChildren([...orgPages, audit]),
    project.addChildren(projectPages),
    instance.addChildren([...instancePages, metrics]),
    account.addChildren(accountPages),
  ]),
]);

/** Everything that the console keeps in an address is text, so it is written there as it is. */
const parseSearch = (search: string): Record<string, unknown> => Object.fromEntries(new URLSearchParams(search));
function stringifySearch(search: Record<string, unknown>): string {
  const texts = Object.entries(search).flatMap(([name, value]) => (typeof value === "string" ? [[name, value]] : []));
  return texts.length === 0 ? "" : `?${new URLSearchParams(texts)}`;
}

export const router = createRouter({ routeTree: tree, parseSearch, stringifySearch, defaultPreload: "intent", defaultPreloadStaleTime: 0, scrollRestoration: true });

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
