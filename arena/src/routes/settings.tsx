import { A } from "@solidjs/router";
import { For, Show, createResource, createSignal } from "solid-js";
import { ChangePassword } from "~/components/change-password";
import { ConfirmButton } from "~/components/confirm";
import { Shell } from "~/components/shell";
import { Registries } from "~/components/registries";
import { OneFieldForm } from "~/components/one-field-form";
import { panelActs } from "~/live/act";
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
  const { problem, act } = panelActs();
  const [made, setMade] = createSignal("");
  const create = async (name: string) => {
    const answer = await act<{ createApiKey: string }>(
      "mutation($name: String!) { createApiKey(name: $name) }",
      { name },
    );
    if (answer) setMade(answer.createApiKey);
    void refetch();
    return answer !== undefined;
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
                        void act("mutation($id: ID!) { revokeApiKey(id: $id) }", {
                          id: key.id,
                        }).then(refetch)
                      }
                    />
                  </td>
                </tr>
              )}
            </For>
          </tbody>
        </table>
      </div>
      <OneFieldForm
        label="What the key is for"
        button="Make a key"
        field={{ maxlength: 60, placeholder: "nightly job" }}
        onSend={create}
      />
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
        <ChangePassword />
        <Keys />
        <Registries />
      </Show>
    </Shell>
  );
}
