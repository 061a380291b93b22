import { Show, createResource, createSignal } from "solid-js";
import { panelActs } from "~/live/act";
import { ask } from "~/live/ask";
import { age } from "~/live/clock";
import { ListPanel } from "./list-panel";
import { OneFieldForm } from "./one-field-form";

interface ApiKey {
  id: string;
  name: string;
  at: string;
}

/** The viewer's API keys: made, shown once, revoked. */
export function ApiKeys() {
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
    <ListPanel
      title="API keys"
      meta="A key may do what you may, without a browser."
      problem={problem()}
      list={keys}
      columns={[{ name: "Name" }, { name: "Made", right: true }]}
      empty="You have no keys."
      testid="api-key"
      cells={(key) => [key.name, `${age(key.at)} ago`]}
      removal={(key) => ({
        label: "Revoke",
        title: `Revoke ${key.name}?`,
        text: "What uses this key is refused from now on. It can't be brought back.",
        keep: "Keep key",
        act: "Revoke key",
        onConfirm: () =>
          void act("mutation($id: ID!) { revokeApiKey(id: $id) }", { id: key.id }).then(refetch),
      })}
    >
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
    </ListPanel>
  );
}
