import { Problem } from "~/components/problem";

export default function NotFound() {
  return <Problem title="Nothing is here" text="This address does not lead to a page." />;
}
