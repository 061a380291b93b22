import { Show, createSignal } from "solid-js";
import { sendAccount } from "~/live/account";

/** A form with which the signed in user changes their password; other sessions end. */
export function ChangePassword() {
  const [problem, setProblem] = createSignal("");
  const [done, setDone] = createSignal(false);
  const [busy, setBusy] = createSignal(false);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    setBusy(true);
    setDone(false);
    const refused = await sendAccount("/api/auth/change-password", {
      ...Object.fromEntries(new FormData(form)),
      revokeOtherSessions: true,
    });
    setBusy(false);
    setProblem(refused ?? "");
    if (refused) return;
    setDone(true);
    form.reset();
  };
  return (
    <section class="panel" style="margin-top:24px">
      <header>
        <h2>Password</h2>
        <span class="meta">Other browsers are signed out.</span>
      </header>
      <form class="pad stackform" onSubmit={(event) => void submit(event)}>
        <label>
          <span class="meta">Current password</span>
          <input
            class="field"
            name="currentPassword"
            type="password"
            autocomplete="current-password"
            required
          />
        </label>
        <label>
          <span class="meta">New password, 8 characters at least</span>
          <input
            class="field"
            name="newPassword"
            type="password"
            autocomplete="new-password"
            required
            minlength={8}
            maxlength={200}
          />
        </label>
        <button type="submit" class="btn" disabled={busy()}>
          {busy() ? "One moment" : "Change password"}
        </button>
        <Show when={problem()}>
          <p class="formerror" role="alert">
            {problem()}
          </p>
        </Show>
        <Show when={done()}>
          <p role="status">The password is changed.</p>
        </Show>
      </form>
    </section>
  );
}
