import { Title } from "@solidjs/meta";
import { A, useNavigate, useSearchParams } from "@solidjs/router";
import { Show, createSignal, onMount } from "solid-js";
import { Mark } from "~/components/icon";
import { useMe } from "~/live/me";

export default function SignIn() {
  const { refetchMe } = useMe();
  const [query, setQuery] = useSearchParams<{ mode?: string; then?: string; token?: string }>();
  const navigate = useNavigate();
  const [error, setError] = createSignal("");
  const [busy, setBusy] = createSignal(false);
  const up = () => query.mode === "up";
  const arrive = async () => {
    await refetchMe();
    // Only a path of ours: never another site.
    navigate(query.then?.startsWith("/") && !query.then.startsWith("//") ? query.then : "/");
  };
  const send = async (path: string, body: object) => {
    setBusy(true);
    setError("");
    try {
      const response = await fetch(path, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      if (response.ok) return await arrive();
      const answer = (await response.json().catch(() => ({}))) as { message?: string };
      setError(answer.message ?? `The arena answered ${response.status}. Try again.`);
    } catch {
      setError("The arena does not answer. Check your connection and try again.");
    } finally {
      setBusy(false);
    }
  };
  onMount(() => query.token && void send("/api/sign-in-link", { token: query.token }));
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const data = Object.fromEntries(new FormData(event.currentTarget as HTMLFormElement)) as Record<
      string,
      string
    >;
    void send(
      up() ? "/api/auth/sign-up/email" : "/api/auth/sign-in/email",
      up() ? { ...data, name: data["handle"] } : data,
    );
  };
  return (
    <div class="enter">
      <Title>{up() ? "Create an account · Agon" : "Sign in · Agon"}</Title>
      <main>
        <A class="brand" href="/">
          <Mark />
          agon
        </A>
        <form onSubmit={submit} data-testid="sign-up-form">
          <h1 class="t-title">{up() ? "Create an account" : "Sign in"}</h1>
          <Show when={up()}>
            <label for="h">Handle</label>
            <input
              class="field lg"
              id="h"
              name="handle"
              autocomplete="username"
              required
              minlength={1}
              maxlength={30}
              pattern="[a-z0-9]+(-[a-z0-9]+)*"
              onInput={(event) =>
                (event.currentTarget.value = event.currentTarget.value.toLowerCase())
              }
              title="1 to 30 lower case letters, digits and single dashes between them"
            />
            <p class="meta">Lower case letters, digits and dashes, 30 at most.</p>
          </Show>
          <label for="e">E-mail</label>
          <input class="field lg" id="e" name="email" type="email" autocomplete="email" required />
          <label for="p">Password</label>
          <input
            class="field lg"
            id="p"
            name="password"
            type="password"
            autocomplete={up() ? "new-password" : "current-password"}
            required
            minlength={8}
          />
          <Show when={error()}>
            <div class="formerror" role="alert">
              {error()}
            </div>
          </Show>
          <button
            type="submit"
            class="btn lg primary"
            style="width:100%;margin-top:24px"
            disabled={busy()}
          >
            {busy() ? "One moment" : up() ? "Create account" : "Sign in"}
          </button>
          <p class="dim" style="margin-top:16px">
            {up() ? "You have one? " : "No account? "}
            <button
              type="button"
              class="link"
              style="border:0;background:none;padding:0;font:inherit;cursor:pointer"
              onClick={() => setQuery({ mode: up() ? undefined : "up" })}
            >
              {up() ? "Sign in" : "Create one"}
            </button>{" "}
            or{" "}
            <A class="link" href="/challenges">
              look around first
            </A>
            .
          </p>
        </form>
        <p class="meta">Agon, self-hosted.</p>
      </main>
      <aside aria-hidden="true">
        <div style="width:400px;max-width:100%;margin:0 auto">
          <h2 class="t-head">A real machine is the judge</h2>
          <p class="dim" style="margin:4px 0 24px;font-size:15px;line-height:24px">
            Fix it in the shell. Each task turns green the moment the world is right, without a
            button.
          </p>
        </div>
      </aside>
    </div>
  );
}
