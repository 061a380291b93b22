import { createResource } from "solid-js";
import { panelActs } from "~/live/act";
import { ask } from "~/live/ask";
import { age } from "~/live/clock";
import { ListPanel } from "./list-panel";
import { RowField, RowForm } from "./row-form";

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
  const keep = async (fields: FormData, form: HTMLFormElement) => {
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
    <ListPanel
      title="Registries"
      meta="For private images of plays that you start, and nobody else's."
      problem={problem()}
      list={known}
      columns={[
        { name: "Registry" },
        { name: "User", wide: true },
        { name: "Kept", right: true, wide: true },
      ]}
      empty="You keep no credentials."
      testid="registry"
      cells={(one) => [
        <>
          {one.registry}
          <div class="meta only760">{one.username}</div>
        </>,
        one.username,
        `${age(one.at)} ago`,
      ]}
      removal={(one) => ({
        label: "Remove",
        title: `Remove ${one.registry}?`,
        text: "New plays with private images of it will fail. Those that run stay.",
        keep: "Keep",
        act: "Remove",
        onConfirm: () =>
          void act("mutation($r: String!) { removeRegistryCredential(registry: $r) }", {
            r: one.registry,
          }).then(refetch),
      })}
    >
      <RowForm button="Keep" onSubmit={(fields, form) => void keep(fields, form)}>
        <RowField label="Registry" name="registry" placeholder="registry.example.org" />
        <RowField label="User" name="user" />
        <RowField
          label="Password or token"
          name="secret"
          type="password"
          autocomplete="new-password"
        />
      </RowForm>
    </ListPanel>
  );
}
