import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Download, Eye, EyeOff, History, Plug } from "lucide-react";
import { useState } from "react";
import { connectionQuery } from "@/api/instances";
import type { Connection } from "@/api/types";
import { Allowed } from "@/components/allowed";
import { ErrorPanel } from "@/components/error-panel";
import { Loaded } from "@/components/loaded";
import { Button } from "@/components/ui/button";
import { Card, CardContent, CardHeader, CardTitle } from "@/components/ui/card";
import { CodeBlock } from "@/components/ui/code-block";
import { CopyButton } from "@/components/ui/copy-button";
import { Empty } from "@/components/ui/empty";
import { Segmented } from "@/components/ui/segmented";
import { Skeleton } from "@/components/ui/skeleton";
import { LIFECYCLE } from "@/lib/words";
import { useInstance, useInstanceRefusal } from "./context";
import { certificateFile, LANGUAGE_NAME, LANGUAGES, type Language, MASK, snippet } from "./snippets";
import { usePassword } from "./use-password";

export function Connect() {
  const { instance, at } = useInstance();
  const navigate = useNavigate();
  if (at !== undefined) {
    return (
      <Card>
        <Empty
          icon={<History />}
          title="How to connect is shown for now only"
          action={
            <Button variant="outline" onClick={() => void navigate({ to: ".", search: {}, replace: true })}>
              Back to now
            </Button>
          }
        >
          At that moment the database was {LIFECYCLE[instance.lifecycle].label.toLowerCase()}
          {instance.node ? ` on ${instance.node}` : ""}. Its host and password may be others today.
        </Empty>
      </Card>
    );
  }
  if (instance.lifecycle !== "running" && instance.lifecycle !== "stopped") return <NotYet />;
  return <Details />;
}

function NotYet() {
  const { instance } = useInstance();
  const coming = instance.lifecycle === "requested" || instance.lifecycle === "provisioning";
  return (
    <Card>
      <Empty icon={<Plug />} title={coming ? "Nearly there" : "There is nothing to connect to"}>
        {coming ? "Host, password and certificate appear here by themselves once the server answers." : "The database has no server that could answer."}
      </Empty>
    </Card>
  );
}

function Details() {
  const { instance } = useInstance();
  const connection = useQuery(connectionQuery(instance.id));
  return (
    <Loaded query={connection} skeleton={<Skeleton className="h-96" />}>
      {(data) => <Panels connection={data} />}
    </Loaded>
  );
}

function Panels({ connection }: { connection: Connection }) {
  const { instance } = useInstance();
  const [language, setLanguage] = useState<Language>("psql");
  const refused = useInstanceRefusal("revealCredentials");
  const { password, busy, failure, reveal, hide, fetched } = usePassword(instance.id);
  return (
    <div className="grid grid-cols-1 items-start gap-6 lg:grid-cols-[minmax(0,1fr)_20rem]">
      <Card>
        <CardHeader>
          <CardTitle>Connect</CardTitle>
          {password === null ? (
            <Allowed reason={refused} align="end">
              <Button variant="outline" size="sm" busy={busy} onClick={() => void reveal()}>
                <Eye />
                Reveal password
              </Button>
            </Allowed>
          ) : (
            <Button variant="outline" size="sm" onClick={hide}>
              <EyeOff />
              Hide password
            </Button>
          )}
        </CardHeader>
        <CardContent className="grid gap-4">
          <Segmented label="Language" value={language} onChange={setLanguage} options={LANGUAGES.map((value) => ({ value, label: LANGUAGE_NAME[value] }))} className="justify-self-start" />
          <CodeBlock
            label={LANGUAGE_NAME[language]}
            code={snippet(language, connection, instance.name, password ?? MASK)}
            {...(refused ? {} : { copies: async () => snippet(language, connection, instance.name, await fetched()) })}
          />
          {failure ? <ErrorPanel error={failure} /> : null}
          <p className="text-[0.8125rem] text-muted-foreground text-pretty">
            Copying takes the real password along. Each time that it is revealed or copied, the audit log says who did it.
          </p>
        </CardContent>
      </Card>
      <div className="grid grid-cols-1 gap-6">
        <Card>
          <CardHeader>
            <CardTitle>Details</CardTitle>
          </CardHeader>
          <dl className="divide-y">
            <Detail label="Host" value={connection.host} />
            <Detail label="Port" value={String(connection.port)} />
            <Detail label="User" value={connection.user} />
            <Detail label="Database" value={connection.database} />
            <Detail label="Password" value={password ?? MASK} copies={refused ? null : fetched} />
            <Detail label="TLS" value={connection.sslMode} />
          </dl>
        </Card>
        <Certificate connection={connection} name={instance.name} />
      </div>
    </div>
  );
}

function Detail({ label, value, copies }: { label: string; value: string; copies?: (() => Promise<string>) | null }) {
  return (
    <div className="flex h-11 items-center gap-3 px-4">
      <dt className="w-20 shrink-0 text-[0.8125rem] text-muted-foreground">{label}</dt>
      <dd className="flex min-w-0 flex-1 items-center justify-between gap-2">
        <code className="truncate font-mono text-[0.8125rem]">{value}</code>
        {copies === null ? null : <CopyButton text={copies ?? value} label={`Copy ${label.toLowerCase()}`} />}
      </dd>
    </div>
  );
}

function Certificate({ connection, name }: { connection: Connection; name: string }) {
  const file = certificateFile(name);
  return (
    <Card>
      <CardHeader>
        <CardTitle>Certificate</CardTitle>
        <Button
          variant="outline"
          size="sm"
          aria-label={`Download ${file}`}
          onClick={() => {
            const url = URL.createObjectURL(new Blob([connection.certificatePem], { type: "application/x-pem-file" }));
            const link = Object.assign(document.createElement("a"), { href: url, download: file });
            link.click();
            URL.revokeObjectURL(url);
          }}
        >
          <Download />
          Download
        </Button>
      </CardHeader>
      <CardContent className="grid gap-2 text-[0.8125rem]">
        <p className="text-muted-foreground text-pretty">Proves that you talk to this very server. Save it where your program runs; the examples call it <code className="font-mono wrap-anywhere">{file}</code>.</p>
        <p>
          <span className="text-muted-foreground">SHA-256 </span>
          <code className="font-mono text-xs break-all">{connection.fingerprint}</code>
        </p>
      </CardContent>
    </Card>
  );
}
