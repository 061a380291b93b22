import { MetaProvider } from "@solidjs/meta";
import { Router } from "@solidjs/router";
import { FileRoutes } from "@solidjs/start/router";
import { ErrorBoundary, Suspense, onMount } from "solid-js";
import { Broken } from "~/components/problem";
import { sprite } from "~/components/sprite";
import { releaseEarlyActs } from "./early-acts";
import { MeProvider } from "~/live/me";
import "~/styles/app.css";

export default function App() {
  // Solid holds effects back until every lazy part of the page is hydrated, too.
  onMount(releaseEarlyActs);
  return (
    <MetaProvider>
      <svg width="0" height="0" style="position:absolute" aria-hidden="true" innerHTML={sprite} />
      <Router
        root={(props) => (
          <MeProvider>
            <ErrorBoundary fallback={(error: Error) => <Broken error={error} />}>
              <Suspense>{props.children}</Suspense>
            </ErrorBoundary>
          </MeProvider>
        )}
      >
        <FileRoutes />
      </Router>
    </MetaProvider>
  );
}
