import { For, Show, createResource } from "solid-js";
import { Shell } from "~/components/shell";
import { ask } from "~/live/ask";
import { age } from "~/live/clock";

interface Host {
  id: string;
  state: string;
  plays: number;
  maxPlays: number;
  images: string[];
  backend: string;
  seenAt: string;
}
interface ContentError {
  file: string;
  line: number;
  column: number;
  message: string;
  fix: string;
  severity: string;
}

export default function Operate() {
  const [hosts] = createResource(
    async () =>
      (await ask<{ hosts: Host[] }>("{ hosts { id state plays maxPlays images backend seenAt } }"))
        .hosts,
  );
  const [errors] = createResource(
    async () =>
      (
        await ask<{ contentErrors: ContentError[] }>(
          "{ contentErrors { file line column message fix severity } }",
        )
      ).contentErrors,
  );
  return (
    <Shell title="Operate">
      <h1 class="t-title">Operate</h1>
      <Show when={hosts.error as Error | undefined}>
        {(error) => (
          <p class="formerror" role="alert">
            {error().message}. Sign in as an operator.
          </p>
        )}
      </Show>
      <section class="panel" style="margin-top:24px">
        <header>
          <h2>Hosts</h2>
        </header>
        <div class="tablewrap">
          <table class="tbl" style="width:100%">
            <thead>
              <tr>
                <th>Host</th>
                <th>State</th>
                <th>Backend</th>
                <th class="r">Plays</th>
                <th class="r">Seen</th>
              </tr>
            </thead>
            <tbody>
              <For
                each={hosts.error ? [] : (hosts.latest ?? [])}
                fallback={
                  <tr>
                    <td colspan="5" class="empty">
                      No host has joined.
                    </td>
                  </tr>
                }
              >
                {(host) => (
                  <tr>
                    <td class="strong">{host.id}</td>
                    <td>{host.state}</td>
                    <td class="dim">{host.backend}</td>
                    <td class="r">
                      {host.plays} of {host.maxPlays}
                    </td>
                    <td class="r dim">{age(host.seenAt)} ago</td>
                  </tr>
                )}
              </For>
            </tbody>
          </table>
        </div>
      </section>
      <section class="panel" style="margin-top:16px">
        <header>
          <h2>Content</h2>
        </header>
        <ul class="feed">
          <For
            each={errors.error ? [] : (errors.latest ?? [])}
            fallback={
              <li>
                <p class="dim">All content loaded without a problem.</p>
              </li>
            }
          >
            {(one) => (
              <li>
                <p>
                  <b>
                    {one.file}:{one.line}:{one.column}
                  </b>{" "}
                  {one.severity}: {one.message}. {one.fix}.
                </p>
              </li>
            )}
          </For>
        </ul>
      </section>
    </Shell>
  );
}
