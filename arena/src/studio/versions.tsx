import { ask } from "~/live/ask";
import { age } from "~/live/clock";
import type { StudioItem } from "./types";
import { VersionList } from "./version-list";

/** Versions of a published challenge: the one that is offered, and those that were played. */
export function Versions(props: { item: StudioItem }) {
  const all = () => {
    const { version, versions } = props.item;
    const offered = versions.some((one) => one.version === version)
      ? []
      : [{ version, plays: 0, lastAt: "" }];
    return [...offered, ...versions].map((one) => ({
      id: one.version,
      label: one.version.slice(0, 10),
      facts: `${one.version === version ? "offered now, " : ""}${one.plays} play${one.plays === 1 ? "" : "s"}${one.lastAt ? `, last ${age(one.lastAt)} ago` : ""}`,
    }));
  };
  return (
    <VersionList
      versions={all()}
      text={async (version) =>
        (
          await ask<{ contentVersion: string }>(
            "query($n: String!, $v: ID!) { contentVersion(name: $n, version: $v) }",
            { n: props.item.name, v: version },
          )
        ).contentVersion
      }
    />
  );
}
