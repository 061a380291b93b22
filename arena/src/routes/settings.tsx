import { A } from "@solidjs/router";
import { Show } from "solid-js";
import { ApiKeys } from "~/components/api-keys";
import { ChangePassword } from "~/components/change-password";
import { Clients } from "~/components/clients";
import { Registries } from "~/components/registries";
import { Shell } from "~/components/shell";
import { useMe } from "~/live/me";

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
        <ApiKeys />
        <Clients />
        <Registries />
      </Show>
    </Shell>
  );
}
