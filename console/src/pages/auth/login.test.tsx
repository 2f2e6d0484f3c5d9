import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { fireEvent, render, screen } from "@testing-library/react";
import { beforeEach, expect, test } from "vitest";
import { maySignedIn } from "@/api/account";
import { queries } from "@/api/client";
import { router } from "@/app/router";
import { answers, refuses } from "@/test/answer";

const ADA = { id: "usr_1", email: "ada@example.com", displayName: "Ada" };

beforeEach(() => {
  localStorage.clear();
  queries.clear();
  router.history.push("/login?next=/account");
});

const open = () => {
  render(
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  );
};

const submit = async () => {
  fireEvent.change(await screen.findByLabelText("Email"), { target: { value: "ada@example.com" } });
  fireEvent.change(screen.getByLabelText("Password"), { target: { value: "violet tractor" } });
  fireEvent.click(screen.getByRole("button", { name: "Sign in" }));
};

test("a refused sign-in says why, with the request's id, and leaves nobody signed in", async () => {
  refuses("post", "/v1/auth/login", { status: 401, code: "bad_credentials", detail: "email or password is wrong" });
  open();
  await submit();
  const alert = await screen.findByRole("alert");
  expect(alert).toHaveTextContent("email or password is wrong");
  expect(alert).toHaveTextContent("req-1");
  expect(maySignedIn()).toBe(false);
});

test("a value that is not acceptable is explained at its field", async () => {
  refuses("post", "/v1/auth/login", { status: 422, code: "invalid", detail: "some values", errors: [{ field: "email", message: "is no address" }] });
  open();
  await submit();
  expect(await screen.findByText("is no address")).toBeInTheDocument();
  expect(screen.getByLabelText("Email")).toHaveAccessibleDescription("is no address");
});

test("after signing in the person is where they wanted to be", async () => {
  answers("post", "/v1/auth/login", { id: "ses_1", expiresAt: "2027-01-01T00:00:00Z", token: null, user: ADA });
  answers("get", "/v1/users/me", ADA);
  answers("get", "/v1/orgs", { data: [], nextPageToken: null });
  open();
  await submit();
  expect(await screen.findByRole("heading", { name: "Account" })).toBeInTheDocument();
  expect(router.state.location.pathname).toBe("/account");
});

test.each(["https://example.invalid/x", "//example.invalid", "/\\example.invalid", "javascript:alert(1)", "account"])("%s is no place to go on after signing in", async (next) => {
  router.history.push(`/login?next=${encodeURIComponent(next)}`);
  answers("post", "/v1/auth/login", { id: "ses_1", expiresAt: "2027-01-01T00:00:00Z", token: null, user: ADA });
  answers("get", "/v1/users/me", ADA);
  answers("get", "/v1/orgs", { data: [], nextPageToken: null });
  open();
  await submit();
  expect(await screen.findByRole("heading", { name: "Welcome" })).toBeInTheDocument();
  expect(router.state.location.pathname).toBe("/");
});
