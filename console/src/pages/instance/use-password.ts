import { useEffect, useState } from "react";
import { revealCredentials } from "@/api/instances";

/** How long a password stays on the screen. */
const SHOWN_FOR = 60_000;

/**
 * The tenant's password, fetched only when somebody asks. This component's state is the one place that holds it: it is
 * in no cache, no storage and no address, and gone with the page, or after a minute.
 */
export function usePassword(instanceId: string) {
  const [password, setPassword] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  useEffect(() => {
    if (password === null) return;
    const timer = setTimeout(() => setPassword(null), SHOWN_FOR);
    return () => clearTimeout(timer);
  }, [password]);
  const reveal = async () => {
    setFailure(null);
    setBusy(true);
    try {
      setPassword((await revealCredentials(instanceId)).password);
    } catch (error) {
      setFailure(error);
    } finally {
      setBusy(false);
    }
  };
  return {
    password,
    busy,
    failure,
    reveal,
    hide: () => setPassword(null),
    /** The password without showing it, for copying. */
    fetched: async () => password ?? (await revealCredentials(instanceId)).password,
  };
}
