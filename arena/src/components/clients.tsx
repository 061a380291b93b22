import { createResource } from "solid-js";
import { panelActs } from "~/live/act";
import { ask } from "~/live/ask";
import { age } from "~/live/clock";
import { ListPanel } from "./list-panel";

interface ClientSession {
  id: string;
  client: string;
  address: string;
  usedAt: string;
}

/** Command-line clients that the viewer let in. */
export function Clients() {
  const [clients, { refetch }] = createResource(
    async () =>
      (
        await ask<{ clientSessions: ClientSession[] }>(
          "{ clientSessions { id client address usedAt } }",
        )
      ).clientSessions,
  );
  const { problem, act } = panelActs();
  return (
    <ListPanel
      title="Command-line clients"
      meta="Let in on a page that they opened. Each ends 90 days after its last use."
      problem={problem()}
      list={clients}
      columns={[
        { name: "Client" },
        { name: "From", wide: true },
        { name: "Last used", right: true },
      ]}
      empty="You let no client in. labctl auth login opens the page."
      testid="client"
      cells={(one) => [one.client.split(" ")[0], one.address, `${age(one.usedAt)} ago`]}
      removal={(one) => ({
        label: "Revoke",
        title: `Revoke ${one.client.split(" ")[0]}?`,
        text: "It is refused from now on, and has to log in again. Plays that it started go on.",
        keep: "Keep it",
        act: "Revoke client",
        onConfirm: () =>
          void act("mutation($id: ID!) { revokeClient(id: $id) }", { id: one.id }).then(refetch),
      })}
    />
  );
}
