import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";

/** The cookie that lets a browser into a private port; the machine never sees it. */
export const COOKIE = "agon-port";

/** They speak of one connection, not of what it carries (RFC 9110, 7.6.1). */
const HOP = ["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding"];

/** The value of our cookie. */
export function ownCookie(header: string | undefined): string {
  return new RegExp(`(?:^|;\\s*)${COOKIE}=([\\w-]+)`).exec(header ?? "")?.[1] ?? "";
}

/** What goes on to the machine of a browser's request. */
export function toMachine(headers: IncomingHttpHeaders, hostRewrite: string): OutgoingHttpHeaders {
  const sent: OutgoingHttpHeaders = { ...headers };
  for (const name of HOP) delete sent[name];
  const cookies = (headers.cookie ?? "")
    .split(";")
    .map((one) => one.trim())
    .filter((one) => one && !one.startsWith(`${COOKIE}=`));
  delete sent["cookie"];
  if (cookies.length) sent["cookie"] = cookies.join("; ");
  sent["x-forwarded-host"] = headers.host ?? "";
  if (hostRewrite) sent["host"] = hostRewrite;
  return sent;
}

/**
 * What goes on to the browser of a machine's answer. It is shown in a frame of the play's page, so what forbids
 * frames is left out; and its cookies stay with its own host name.
 */
export function toBrowser(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const sent: OutgoingHttpHeaders = { ...headers };
  for (const name of [...HOP, "x-frame-options", "strict-transport-security"]) delete sent[name];
  const policy = headers["content-security-policy"];
  if (policy) {
    const rest = String(policy)
      .split(";")
      .filter((one) => !/^\s*frame-ancestors\b/i.test(one));
    sent["content-security-policy"] = rest.join(";");
  }
  const cookies = headers["set-cookie"]
    ?.filter((one) => !one.startsWith(`${COOKIE}=`))
    .map((one) => one.replaceAll(/;\s*domain=[^;]*/gi, ""));
  delete sent["set-cookie"];
  if (cookies?.length) sent["set-cookie"] = cookies;
  return sent;
}
