import { kindOfPlural } from "@agon/content/kinds";
import { useParams } from "@solidjs/router";
import { Show } from "solid-js";
import { CataloguePage } from "~/catalogue/catalogue-page";
import { Problem } from "~/components/problem";

/** /tutorials, /courses and so on: the catalogue of one kind. */
export default function KindRoute() {
  const params = useParams<{ plural: string }>();
  return (
    <Show
      when={kindOfPlural(params.plural)}
      keyed
      fallback={<Problem title="No such page" text="Nothing is at this address." />}
    >
      {(kind) => <CataloguePage kind={kind} />}
    </Show>
  );
}
