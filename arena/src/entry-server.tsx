// @refresh reload
import { StartServer, createHandler } from "@solidjs/start/server";
import { earlyActs } from "./early-acts";

// The theme is set before the first paint: the reader's choice, else the system's.
const theme = `document.documentElement.dataset.theme=localStorage.getItem("theme")??(matchMedia("(prefers-color-scheme: light)").matches?"light":"dark")`;

// Async: a page leaves the server whole, so that nothing jumps and every reader gets the text.
export default createHandler(
  () => (
    <StartServer
      document={({ assets, children, scripts }) => (
        <html lang="en" data-theme="dark">
          <head>
            <meta charset="utf-8" />
            <meta name="viewport" content="width=device-width, initial-scale=1" />
            <meta name="description" content="A self-hosted arena for hands-on DevOps challenges" />
            <link rel="icon" href="data:," />
            <script innerHTML={theme} />
            <script innerHTML={earlyActs} />
            {assets}
          </head>
          <body>
            <div id="app">{children}</div>
            {scripts}
          </body>
        </html>
      )}
    />
  ),
  { mode: "async" },
);
