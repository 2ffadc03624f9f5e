import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useEffect, useId, useRef, useState } from "react";
import { ApiError } from "@/api/http";
import { signIn } from "@/api/session";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { socket } from "@/stores/link";
import { refreshSession, useSession } from "@/stores/session";

const FIELD =
  "h-8 w-full rounded-base border border-control bg-card px-2 text-body text-fg aria-invalid:border-crit";

function sentence(error: Error): string {
  if (error instanceof ApiError && error.status === 429) {
    const wait = error.values.retry_after_s;
    return `Too many attempts; try again in ${typeof wait === "number" ? wait : 60} s.`;
  }
  const text = error.message;
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}

/** Stands in place of every page for as long as the server wants to know who asks. */
export function SignIn() {
  const client = useQueryClient();
  const because = useSession((session) => session.because);
  const [byToken, setByToken] = useState(false);
  const first = useRef<HTMLInputElement>(null);
  const id = useId();
  const attempt = useMutation({
    mutationFn: (form: FormData) => {
      const text = (name: string) => String(form.get(name) ?? "");
      return signIn(
        byToken ? { token: text("token") } : { username: text("username"), password: text("password") },
      );
    },
    onSuccess: async () => {
      client.clear();
      await refreshSession();
      socket.retryNow();
    },
    onError: () => first.current?.select(),
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: another form has another first field
  useEffect(() => first.current?.focus(), [byToken]);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    attempt.mutate(new FormData(event.currentTarget));
  };
  const problem = attempt.error ? sentence(attempt.error) : null;
  const shared = {
    required: true,
    maxLength: 4096,
    spellCheck: false,
    className: FIELD,
    "aria-invalid": problem !== null,
    "aria-describedby": problem === null ? undefined : `${id}-problem`,
  };
  return (
    <main className="flex min-h-dvh flex-col items-center justify-center gap-3 p-4">
      <form
        onSubmit={submit}
        className="flex w-full max-w-80 flex-col gap-3 rounded-base border border-line bg-card p-4"
      >
        <div>
          <h1 className="text-stat font-semibold">Sign in</h1>
          <p className="text-fg-2">Quant Analytics Platform</p>
        </div>
        {because !== null && <Notice>{because}</Notice>}
        {byToken ? (
          <div className="flex flex-col gap-0.5">
            <label htmlFor={`${id}-token`} className="text-label text-fg-2">
              Access token of the server
            </label>
            <input
              {...shared}
              ref={first}
              id={`${id}-token`}
              name="token"
              type="password"
              autoComplete="off"
            />
          </div>
        ) : (
          <>
            <div className="flex flex-col gap-0.5">
              <label htmlFor={`${id}-name`} className="text-label text-fg-2">
                Name
              </label>
              <input
                {...shared}
                ref={first}
                id={`${id}-name`}
                name="username"
                autoComplete="username"
                autoCapitalize="none"
                maxLength={40}
              />
            </div>
            <div className="flex flex-col gap-0.5">
              <label htmlFor={`${id}-password`} className="text-label text-fg-2">
                Password
              </label>
              <input
                {...shared}
                id={`${id}-password`}
                name="password"
                type="password"
                autoComplete="current-password"
                maxLength={256}
              />
            </div>
          </>
        )}
        {problem !== null && (
          <p id={`${id}-problem`} role="alert" className="text-crit">
            {problem}
          </p>
        )}
        <Button type="submit" look="primary" disabled={attempt.isPending}>
          Sign in
        </Button>
        <button
          type="button"
          className="min-h-6 self-start text-leg-a underline-offset-2 hover:underline"
          onClick={() => {
            attempt.reset();
            setByToken(!byToken);
          }}
        >
          {byToken ? "With name and password" : "With the server's access token"}
        </button>
      </form>
    </main>
  );
}
