import { X } from "lucide-react";
import { asProblem } from "@/api/problem";
import { RequestId } from "./request-id";
import { Alert, AlertTitle } from "./ui/alert";
import { Button } from "./ui/button";

interface ErrorPanelProps {
  error: unknown;
  title?: string | undefined;
  onRetry?: () => void;
  /** Takes it away, where the page is whole without it. */
  onDismiss?: () => void;
  /** Fields that say what is wrong with them where they are. */
  told?: readonly string[];
  className?: string;
}

/** Refusals that the same request can only meet again. */
const isFinal = (status: number): boolean => status >= 400 && status < 500 && ![401, 408, 409, 425, 429].includes(status);

/** What went wrong, in the server's words, where it went wrong; with the id under which the server logged it. */
export function ErrorPanel({ error, title, onRetry, onDismiss, told, className }: ErrorPanelProps) {
  const problem = asProblem(error);
  const retry = isFinal(problem.status) ? undefined : onRetry;
  return (
    <Alert tone="bad" role="alert" className={className}>
      <div className="flex items-start justify-between gap-3">
        <div className="grid gap-1">
          {title ? <AlertTitle>{title}</AlertTitle> : null}
          <p className="first-letter:uppercase">{problem.message}</p>
          {[...problem.fields].filter(([field]) => !told?.includes(field)).map(([field, message]) => (
            <p key={field}>
              <code className="font-mono">{field}</code>: {message}
            </p>
          ))}
        </div>
        {onDismiss ? (
          <Button variant="ghost" size="icon" aria-label="Dismiss" className="-mt-1 -mr-2 size-7" onClick={onDismiss}>
            <X />
          </Button>
        ) : null}
      </div>
      {problem.requestId || retry ? (
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
          {retry ? (
            <Button variant="outline" size="sm" onClick={retry}>
              Try again
            </Button>
          ) : null}
          {problem.requestId ? <RequestId id={problem.requestId} /> : null}
        </div>
      ) : null}
    </Alert>
  );
}
