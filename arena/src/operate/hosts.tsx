import { Show, createResource, createSignal, onCleanup } from "solid-js";
import { isServer } from "solid-js/web";
import { ConfirmButton } from "~/components/confirm";
import { OneFieldForm } from "~/components/one-field-form";
import { PanelTable } from "~/components/panel-table";
import { panelActs } from "~/live/act";
import { ask } from "~/live/ask";
import { age } from "~/live/clock";

interface Host {
  id: string;
  state: string;
  plays: number;
  maxPlays: number;
  backend: string;
  seenAt: string;
  load: number;
  cores: number;
  memoryFreeBytes: number;
  diskFreeBytes: number;
  terminals: number;
}
const FIELDS =
  "id state plays maxPlays backend seenAt load cores memoryFreeBytes diskFreeBytes terminals";
const gib = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
/** Dot and word of a host's state. */
const dots: Record<string, string> = { up: "", draining: "half", away: "off" };

/** The computers that run machines: load, draining, leaving, and tokens for new ones. */
export function Hosts() {
  const [hosts, { mutate, refetch }] = createResource(
    async () => (await ask<{ hosts: Host[] }>(`{ hosts { ${FIELDS} } }`)).hosts,
  );
  if (!isServer) {
    const timer = setInterval(() => void refetch(), 5000);
    onCleanup(() => clearInterval(timer));
  }
  const { problem, act } = panelActs();
  const [made, setMade] = createSignal<{ host: string; token: string }>();
  const drain = async (id: string, on: boolean) => {
    const answer = await act<{ drainHost: Host }>(
      `mutation($id: ID!, $on: Boolean!) { drainHost(id: $id, on: $on) { ${FIELDS} } }`,
      { id, on },
    );
    // Another api process may tell the old state for 2 s: this answer is the newest.
    if (answer)
      mutate((all) => all?.map((host) => (host.id === id ? answer.drainHost : host)) ?? []);
  };
  const addHost = async (host: string) => {
    const answer = await act<{ createHostToken: { token: string } }>(
      "mutation($host: ID!) { createHostToken(host: $host) { token } }",
      { host },
    );
    if (answer) setMade({ host, token: answer.createHostToken.token });
    return answer !== undefined;
  };
  return (
    <section class="panel" style="margin-top:24px">
      <header>
        <h2>Hosts</h2>
      </header>
      <PanelTable
        list={hosts}
        problem={problem()}
        rows={hosts.error ? [] : (hosts.latest ?? [])}
        columns={[
          { name: "Host" },
          { name: "State" },
          { name: "Backend", class: "opt760" },
          { name: "Plays", class: "r" },
          { name: "Terminals", class: "r opt760" },
          { name: "Load", class: "r opt760" },
          { name: "Memory free", class: "r opt760" },
          { name: "Disk free", class: "r opt760" },
          { name: "Seen", class: "r opt760" },
        ]}
        last="Actions"
        asking="Asking the hosts."
        empty={"No host has joined."}
      >
        {(host) => (
          <tr data-testid="host-row" data-host={host.id}>
            <td class="strong">{host.id}</td>
            <td>
              <span class={`dot ${dots[host.state] ?? "off"}`} aria-hidden="true" /> {host.state}
            </td>
            <td class="dim opt760">{host.backend || "–"}</td>
            <td class="r">
              {host.plays} of {host.maxPlays}
            </td>
            <td class="r opt760">{host.terminals}</td>
            <td class="r opt760">
              {host.load.toFixed(2)} on {host.cores}
            </td>
            <td class="r opt760">{gib(host.memoryFreeBytes)}</td>
            <td class="r opt760">{gib(host.diskFreeBytes)}</td>
            <td class="r dim opt760">{age(host.seenAt)} ago</td>
            <td class="r">
              <span style="display:inline-flex;gap:8px">
                <button
                  type="button"
                  class="btn sm"
                  disabled={host.state === "away"}
                  title={host.state === "away" ? "It does not answer." : undefined}
                  onClick={() => void drain(host.id, host.state !== "draining")}
                >
                  {host.state === "draining" ? "Resume host" : "Drain host"}
                </button>
                <ConfirmButton
                  label="Remove"
                  title={`Remove ${host.id}?`}
                  text="Its certificate is worth nothing here afterwards. It needs a new token to come back. A host that runs plays is not removed."
                  keep="Keep host"
                  act="Remove host"
                  danger
                  onConfirm={() =>
                    void act("mutation($id: ID!) { removeHost(id: $id) }", {
                      id: host.id,
                    }).then(refetch)
                  }
                />
              </span>
            </td>
          </tr>
        )}
      </PanelTable>
      <OneFieldForm
        label="Name of a new host"
        button="Make a token"
        field={{
          maxlength: 31,
          pattern: "[a-z][a-z0-9\\-]*",
          title: "a-z, 0-9 and dashes",
          placeholder: "host-2",
        }}
        onSend={addHost}
      />
      <Show when={made()}>
        {(one) => (
          <div class="pad" role="status">
            <p>
              <b>{one().host}</b> can join once, within an hour. The token is shown only now.
            </p>
            <div class="codebox" style="margin-top:8px">
              <pre style="user-select:all">{`AGON_HOST_ID=${one().host}\nAGON_JOIN_URL=${location.origin}\nAGON_JOIN_TOKEN=${one().token}`}</pre>
            </div>
          </div>
        )}
      </Show>
    </section>
  );
}
