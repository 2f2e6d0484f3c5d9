import { asProblem } from "@/api/problem";
import { toast } from "./ui/toaster";

/** For an error of what has no place of its own on the page: the server's words, with the id under which it logged them. */
export function toastProblem(error: unknown): void {
  const { message, requestId } = asProblem(error);
  toast(message, { tone: "bad", requestId });
}
