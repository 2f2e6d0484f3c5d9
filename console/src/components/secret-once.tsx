import { Alert } from "./ui/alert";
import { Button } from "./ui/button";
import { CopyButton } from "./ui/copy-button";
import { DialogFooter } from "./ui/dialog";

interface SecretOnceProps {
  label: string;
  secret: string | null;
  onDone: () => void;
}

/** Something that the server shows this once. It lives in the dialog only and goes with it. */
export function SecretOnce({ label, secret, onDone }: SecretOnceProps) {
  if (secret === null) return <Alert tone="warn">It was made, but what was to be shown is gone: it is shown only once. Revoke it and make another.</Alert>;
  return (
    <>
      <div className="flex items-start gap-2 rounded-lg border bg-muted/50 py-1.5 pr-1.5 pl-3.5">
        <code aria-label={label} className="min-w-0 flex-1 self-center font-mono text-[0.8125rem] break-all">
          {secret}
        </code>
        <CopyButton text={secret} label={`Copy ${label.toLowerCase()}`} />
      </div>
      <Alert tone="warn">Copy it now. It is not shown again.</Alert>
      <DialogFooter>
        <Button onClick={onDone}>Done</Button>
      </DialogFooter>
    </>
  );
}
