import { CataloguePage } from "~/catalogue/catalogue-page";

export default function CatalogueRoute() {
  return <CataloguePage />;
}
