import { For, Show, createResource } from "solid-js";
import { ConfirmButton } from "~/components/confirm";
import { panelActs } from "~/live/act";
import { ask } from "~/live/ask";
import { age } from "~/live/clock";

interface Credential {
  registry: string;
  username: string;
  at: string;
}

/** What the viewer may show to container registries: kept, replaced, removed. */
export function Registries() {
  const [known, { refetch }] = createResource(
    async () =>
      (
        await ask<{ registryCredentials: Credential[] }>(
          "{ registryCredentials { registry username at } }",
        )
      ).registryCredentials,
  );
  const { problem, act } = panelActs();
  const keep = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const fields = new FormData(form);
    const answer = await act(
      "mutation($r: String!, $u: String!, $p: String!) { keepRegistryCredential(registry: $r, username: $u, password: $p) }",
      {
        r: String(fields.get("registry")).trim(),
        u: String(fields.get("user")).trim(),
        p: String(fields.get("secret")),
      },
    );
    if (answer) form.reset();
    void refetch();
  };
  return (
    <section class="panel" style="margin-top:24px">
      <header>
        <h2>Registries</h2>
        <span class="meta">For private images of plays that you start, and nobody else's.</span>
      </header>
      <Show when={problem() || (known.error as Error | undefined)?.message}>
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
              <th>Registry</th>
              <th>User</th>
              <th class="r">Kept</th>
              <th class="r">
                <span class="sr">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            <For
              each={known.error ? [] : (known.latest ?? [])}
              fallback={
                <tr>
                  <td colspan="4" class="empty">
                    {known.loading ? "Asking." : "You keep no credentials."}
                  </td>
                </tr>
              }
            >
              {(one) => (
                <tr data-testid="registry">
                  <td class="strong">{one.registry}</td>
                  <td>{one.username}</td>
                  <td class="r dim">{age(one.at)} ago</td>
                  <td class="r">
                    <ConfirmButton
                      label="Remove"
                      title={`Remove ${one.registry}?`}
                      text="New plays with private images of it will fail. Those that run stay."
                      keep="Keep"
                      act="Remove"
                      danger
                      onConfirm={() =>
                        void act(
                          "mutation($r: String!) { removeRegistryCredential(registry: $r) }",
                          { r: one.registry },
                        ).then(refetch)
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
        onSubmit={(event) => void keep(event)}
      >
        <label style="display:grid;gap:4px">
          <span class="meta">Registry</span>
          <input
            class="field"
            name="registry"
            required
            autocomplete="off"
            placeholder="registry.example.org"
          />
        </label>
        <label style="display:grid;gap:4px">
          <span class="meta">User</span>
          <input class="field" name="user" required autocomplete="off" />
        </label>
        <label style="display:grid;gap:4px">
          <span class="meta">Password or token</span>
          <input class="field" name="secret" type="password" required autocomplete="new-password" />
        </label>
        <button type="submit" class="btn">
          Keep
        </button>
      </form>
    </section>
  );
}
