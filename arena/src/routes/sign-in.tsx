import { Title } from "@solidjs/meta";
import { A, useNavigate, useSearchParams } from "@solidjs/router";
import { Show, createSignal, onMount } from "solid-js";
import { Mark } from "~/components/icon";
import { sendAccount } from "~/live/account";
import { useMe } from "~/live/me";

export default function SignIn() {
  const { refetchMe } = useMe();
  const [query, setQuery] = useSearchParams<{
    mode?: string;
    then?: string;
    token?: string;
    reset?: string;
  }>();
  const navigate = useNavigate();
  const [error, setError] = createSignal("");
  const [busy, setBusy] = createSignal(false);
  const reset = () => Boolean(query.reset);
  const up = () => query.mode === "up" && !reset();
  const [told, setTold] = createSignal("");
  const arrive = async () => {
    await refetchMe();
    // Only a path of ours: never another site.
    navigate(query.then?.startsWith("/") && !query.then.startsWith("//") ? query.then : "/");
  };
  const send = async (path: string, body: object, then: () => Promise<void>) => {
    setBusy(true);
    const refused = await sendAccount(path, body);
    setError(refused ?? "");
    if (!refused) await then();
    setBusy(false);
  };
  onMount(() => query.token && void send("/api/sign-in-link", { token: query.token }, arrive));
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const data = Object.fromEntries(new FormData(event.currentTarget as HTMLFormElement));
    const mode = reset()
      ? () =>
          send("/api/auth/reset-password", { ...data, token: query.reset }, async () => {
            setQuery({ reset: undefined });
            setTold("Your new password works now. Sign in with it.");
          })
      : up()
        ? () => send("/api/auth/sign-up/email", { ...data, name: data["handle"] }, arrive)
        : () => send("/api/auth/sign-in/email", data, arrive);
    setTold("");
    void mode();
  };
  const title = () => (reset() ? "Choose a new password" : up() ? "Create an account" : "Sign in");
  return (
    <div class="enter">
      <Title>{`${title()} · Agon`}</Title>
      <main>
        <A class="brand" href="/">
          <Mark />
          agon
        </A>
        <form onSubmit={submit} data-testid="sign-up-form">
          <h1 class="t-title">{title()}</h1>
          <Show when={told()}>
            <p role="status" style="margin-top:8px">
              {told()}
            </p>
          </Show>
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
          <Show when={!reset()}>
            <label for="e">E-mail</label>
            <input
              class="field lg"
              id="e"
              name="email"
              type="email"
              autocomplete="email"
              required
            />
          </Show>
          <label for="p">{reset() ? "New password" : "Password"}</label>
          <input
            class="field lg"
            id="p"
            name={reset() ? "newPassword" : "password"}
            type="password"
            autocomplete={up() || reset() ? "new-password" : "current-password"}
            required
            minlength={8}
            maxlength={200}
          />
          <Show when={up() || reset()}>
            <p class="meta">8 characters at least.</p>
          </Show>
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
            {busy() ? "One moment" : reset() ? "Save it" : up() ? "Create account" : "Sign in"}
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
          <Show when={!up() && !reset()}>
            <p class="meta" style="margin-top:8px">
              Forgot the password? An operator of this arena gives you a link for a new one.
            </p>
          </Show>
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
