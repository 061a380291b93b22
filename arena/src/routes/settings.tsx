import { A } from "@solidjs/router";
import { For, Show, createResource, createSignal } from "solid-js";
import { ConfirmButton } from "~/components/confirm";
import { Shell } from "~/components/shell";
import { ask } from "~/live/ask";
import { age } from "~/live/clock";
import { useMe } from "~/live/me";

interface ApiKey {
  id: string;
  name: string;
  at: string;
}

/** The viewer's API keys: made, shown once, revoked. */
function Keys() {
  const [keys, { refetch }] = createResource(
    async () => (await ask<{ apiKeys: ApiKey[] }>("{ apiKeys { id name at } }")).apiKeys,
  );
  const [problem, setProblem] = createSignal("");
  const [made, setMade] = createSignal("");
  const act = async <T,>(query: string, variables: Record<string, unknown>) => {
    setProblem("");
    try {
      return await ask<T>(query, variables);
    } catch (error) {
      const { message, help } = error as Error & { help?: string };
      setProblem(`${message} ${help ?? ""}`.trim());
    } finally {
      void refetch();
    }
  };
  const create = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const name = String(new FormData(form).get("name"));
    const answer = await act<{ createApiKey: string }>(
      "mutation($name: String!) { createApiKey(name: $name) }",
      { name },
    );
    if (!answer) return;
    setMade(answer.createApiKey);
    form.reset();
  };
  return (
    <section class="panel" style="margin-top:24px">
      <header>
        <h2>API keys</h2>
        <span class="meta">A key may do what you may, without a browser.</span>
      </header>
      <Show when={problem() || (keys.error as Error | undefined)?.message}>
        {(text) => (
          <p class="formerror" role="alert" style="margin:12px 16px 0">
            {text()}
          </p>
        )}
      </Show>
      <div class="tablewrap">
        <table class="tbl" style="width:100%">
          <thead>
            <tr>
              <th>Name</th>
              <th class="r">Made</th>
              <th class="r">
                <span class="sr">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            <For
              each={keys.error ? [] : (keys.latest ?? [])}
              fallback={
                <tr>
                  <td colspan="3" class="empty">
                    {keys.loading ? "Asking." : "You have no keys."}
                  </td>
                </tr>
              }
            >
              {(key) => (
                <tr data-testid="api-key">
                  <td class="strong">{key.name}</td>
                  <td class="r dim">{age(key.at)} ago</td>
                  <td class="r">
                    <ConfirmButton
                      label="Revoke"
                      title={`Revoke ${key.name}?`}
                      text="What uses this key is refused from now on. It can't be brought back."
                      keep="Keep key"
                      act="Revoke key"
                      danger
                      onConfirm={() =>
                        void act("mutation($id: ID!) { revokeApiKey(id: $id) }", { id: key.id })
                      }
                    />
                  </td>
                </tr>
              )}
            </For>
          </tbody>
        </table>
      </div>
      <form
        class="pad"
        style="display:flex;gap:8px;align-items:end;flex-wrap:wrap"
        onSubmit={(event) => void create(event)}
      >
        <label style="display:grid;gap:4px">
          <span class="meta">What the key is for</span>
          <input
            class="field"
            name="name"
            required
            maxlength="60"
            placeholder="nightly job"
            autocomplete="off"
          />
        </label>
        <button type="submit" class="btn">
          Make a key
        </button>
      </form>
      <Show when={made()}>
        <div class="pad" role="status">
          <p>The key is shown only now. Send it as: Authorization: Bearer KEY</p>
          <div class="codebox" style="margin-top:8px">
            <pre data-testid="new-key" style="user-select:all">
              {made()}
            </pre>
          </div>
        </div>
      </Show>
    </section>
  );
}

export default function Settings() {
  const { me } = useMe();
  return (
    <Shell title="Settings">
      <h1 class="t-title">Settings</h1>
      <Show
        when={me()}
        fallback={
          <p style="margin-top:8px">
            <A class="btn" href="/sign-in?then=/settings">
              Sign in
            </A>
          </p>
        }
      >
        <Keys />
      </Show>
    </Shell>
  );
}
