import { asProblem } from "@/api/problem";
import { RequestId } from "./request-id";
import { Alert, AlertTitle } from "./ui/alert";
import { Button } from "./ui/button";

interface ErrorPanelProps {
  error: unknown;
  title?: string | undefined;
  onRetry?: () => void;
  /** Fields that say what is wrong with them where they are. */
  told?: readonly string[];
  className?: string;
}

/** What went wrong, in the server's words, where it went wrong; with the id under which the server logged it. */
export function ErrorPanel({ error, title, onRetry, told, className }: ErrorPanelProps) {
  const problem = asProblem(error);
  return (
    <Alert tone="bad" role="alert" className={className}>
      {title ? <AlertTitle>{title}</AlertTitle> : null}
      <p className="first-letter:uppercase">{problem.message}</p>
      {[...problem.fields].filter(([field]) => !told?.includes(field)).map(([field, message]) => (
        <p key={field}>
          <code className="font-mono">{field}</code>: {message}
        </p>
      ))}
      {problem.requestId || onRetry ? (
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
          {onRetry ? (
            <Button variant="outline" size="sm" onClick={onRetry}>
              Try again
            </Button>
          ) : null}
          {problem.requestId ? (
            <RequestId id={problem.requestId} />
          ) : null}
        </div>
      ) : null}
    </Alert>
  );
}
