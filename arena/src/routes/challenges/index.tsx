import { CataloguePage } from "~/catalogue/catalogue-page";

export default function ChallengesRoute() {
  return <CataloguePage kind="challenge" />;
}
