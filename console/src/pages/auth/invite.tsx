import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useLocation, useNavigate } from "@tanstack/react-router";
import { maySignedIn, meQuery } from "@/api/account";
import { acceptInvitation } from "@/api/orgs";
import { ErrorPanel } from "@/components/error-panel";
import { Button, buttonVariants } from "@/components/ui/button";
import { AuthFrame } from "./frame";

export function Invite() {
  const token = useLocation({ select: (location) => location.hash });
  if (token === "") return <Incomplete />;
  return maySignedIn() ? <Accept token={token} /> : <SignInFirst token={token} />;
}

function Incomplete() {
  return (
    <AuthFrame title="This link is incomplete" lead="An invitation's link ends in a long code, which is missing here. Copy the whole link, or ask whoever sent it for another.">
      <Link to="/" className={buttonVariants({ size: "lg", variant: "outline" })}>
        Go to the start
      </Link>
    </AuthFrame>
  );
}

function SignInFirst({ token }: { token: string }) {
  // Sign-in hands its own `#` on, so that the token gets into no query.
  const next = "/invitations";
  return (
    <AuthFrame title="Open your invitation" lead="An invitation is for one person: sign in with the address that it was sent to, or create an account for it. You then see whether it is still open.">
      <div className="grid gap-2">
        <Link to="/login" search={{ next }} hash={token} className={buttonVariants({ size: "lg" })}>
          Sign in
        </Link>
        <Link to="/signup" search={{ next }} hash={token} className={buttonVariants({ size: "lg", variant: "outline" })}>
          Create an account
        </Link>
      </div>
    </AuthFrame>
  );
}

function Accept({ token }: { token: string }) {
  const me = useQuery(meQuery);
  const navigate = useNavigate();
  const queries = useQueryClient();
  const accepting = useMutation({
    mutationFn: () => acceptInvitation(token),
    onSuccess: async (org) => {
      await queries.invalidateQueries({ queryKey: ["orgs"] });
      await navigate({ to: "/orgs/$orgId", params: { orgId: org.id } });
    },
  });
  return (
    <AuthFrame
      title="Accept the invitation?"
      lead={me.data ? `You are signed in as ${me.data.email}. If the invitation is for that address and still open, you join the org that sent it.` : "If it is still open, you join the org that sent it."}
      foot={
        <Link to="/" className="font-medium text-accent underline underline-offset-4">
          Not now
        </Link>
      }
    >
      {accepting.isError ? <ErrorPanel error={accepting.error} /> : null}
      <Button size="lg" busy={accepting.isPending} onClick={() => accepting.mutate()}>
        Accept the invitation
      </Button>
    </AuthFrame>
  );
}
