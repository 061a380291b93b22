import { Title } from "@solidjs/meta";
import { A, useLocation } from "@solidjs/router";
import { Show, createResource, type JSX } from "solid-js";
import { ask } from "~/live/ask";
import { useMe } from "~/live/me";
import { Avatar, Glyph, Mark, ThemeButton } from "./icon";

const links = [
  ["/", "Home"],
  ["/challenges", "Challenges"],
  ["/catalogue", "Catalogue"],
  ["/leaderboard", "Leaderboard"],
  ["/bots", "Bots"],
] as const;

/** Header and frame of every page but the play page. */
export function Shell(props: { title: string; children: JSX.Element }) {
  const location = useLocation();
  const { me } = useMe();
  const [plays] = createResource(
    () => me()?.id,
    async () =>
      (
        await ask<{ myPlays: { id: string }[] }>("{ myPlays(active: true) { id } }").catch(() => ({
          myPlays: [],
        }))
      ).myPlays,
  );
  return (
    <>
      <Title>{`${props.title} · Agon`}</Title>
      <header class="top">
        <A class="brand" href="/">
          <Mark />
          agon
        </A>
        <nav aria-label="Main">
          {links.map(([href, label]) => (
            <A
              href={href}
              aria-current={
                location.pathname === href || (href !== "/" && location.pathname.startsWith(href))
                  ? "page"
                  : undefined
              }
            >
              {label}
            </A>
          ))}
          <Show when={["author", "operator"].includes(me()?.role ?? "")}>
            <A
              href="/studio"
              aria-current={location.pathname.startsWith("/studio") ? "page" : undefined}
            >
              Studio
            </A>
          </Show>
          <Show when={me()?.role === "operator"}>
            <A href="/operate" aria-current={location.pathname === "/operate" ? "page" : undefined}>
              Operate
            </A>
          </Show>
        </nav>
        <div class="end">
          <Show when={plays.latest?.[0]}>
            {(play) => (
              <A class="playchip" href={`/plays/${play().id}`} title="Your running play">
                <Glyph state="running" />
                <span>
                  {plays.latest!.length} play{plays.latest!.length > 1 ? "s" : ""}
                </span>
              </A>
            )}
          </Show>
          <ThemeButton />
          <Show
            when={me()}
            fallback={
              <A class="btn" href={`/sign-in?then=${encodeURIComponent(location.pathname)}`}>
                Sign in
              </A>
            }
          >
            {(user) => (
              <A href={`/users/${user().handle}`} aria-label="Your profile">
                <Avatar handle={user().handle} me />
              </A>
            )}
          </Show>
        </div>
      </header>
      <div class="page">{props.children}</div>
    </>
  );
}
