import { Link } from "@tanstack/react-router";
import { Card, CardContent, CardHeader, CardTitle } from "@/components/ui/card";
import { CodeBlock } from "@/components/ui/code-block";
import { useInstance } from "./context";

export function QuickConnect() {
  const { instance } = useInstance();
  return (
    <Card>
      <CardHeader>
        <CardTitle>Connect</CardTitle>
        <Link to="/instances/$instanceId/connect" params={{ instanceId: instance.id }} className="py-0.75 text-[0.8125rem] text-accent hover:underline">
          Password and drivers
        </Link>
      </CardHeader>
      <CardContent className="grid gap-2">
        <CodeBlock label="psql command" code={`dbx instance psql ${instance.name}`} />
        <p className="text-[0.8125rem] text-muted-foreground">Opens psql, verified against the certificate of this very server.</p>
      </CardContent>
    </Card>
  );
}
