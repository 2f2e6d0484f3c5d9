import { Link } from "@tanstack/react-router";
import { Logo } from "@/components/logo";
import { PageTitle } from "@/components/page";
import { buttonVariants } from "@/components/ui/button";

export function Missing() {
  return (
    <main className="grid min-h-dvh place-items-center px-4">
      <div className="grid max-w-md justify-items-center gap-3 text-center">
        <Logo className="size-9" />
        <p className="font-mono text-sm text-muted-foreground">404</p>
        <PageTitle title="Not found">There is nothing at this address</PageTitle>
        <p className="text-muted-foreground text-pretty">
          The link may be old or mistyped, or what it led to belongs to an org that you are not a member of.
        </p>
        <Link to="/" className={buttonVariants({ className: "mt-2" })}>
          Go to your projects
        </Link>
      </div>
    </main>
  );
}
