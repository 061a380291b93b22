// Makes the operator, the bot and their keys; prints {"signInUrl", "botKey", "operatorKey"}. Again: the
// same users and keys, a fresh link.
import { createHmac, randomBytes } from "node:crypto";
import { env } from "@agon/daemon/env";
import type { Auth } from "./auth.ts";
import { createAuth, sha256 } from "./auth.ts";
import { openStore } from "./models/store.ts";

/** The bot's key, made from the arena's secret: every run gives the same one. */
export function botKey(secret: string): string {
  return `agon_${createHmac("sha256", secret).update("bot key").digest("base64url")}`;
}

/** The operator's key for the command line of this computer. */
export function operatorKey(secret: string): string {
  return `agon_${createHmac("sha256", secret).update("operator key").digest("base64url")}`;
}

/** Makes what an arena needs before its first visitor. Idempotent. */
export async function bootstrap(settings: {
  mongoUrl: string;
  arena: string;
  secret: string;
  publicUrl: string;
}): Promise<{ signInUrl: string; botKey: string; operatorKey: string }> {
  const store = await openStore(settings.mongoUrl);
  try {
    const auth = createAuth(store, null, settings);
    const operator = await ensureUser(auth, "operator");
    const bot = await ensureUser(auth, "bot");
    const keys = { bots: botKey(settings.secret), operator: operatorKey(settings.secret) };
    for (const [name, user] of [
      ["bots", bot],
      ["operator", operator],
    ] as const)
      await store.apiKeys.updateOne(
        { _id: sha256(keys[name]) },
        { $set: { user, name: name === "bots" ? "bots" : "command line", at: Date.now() } },
        { upsert: true },
      );
    const token = randomBytes(24).toString("base64url");
    await store.links.create({
      _id: sha256(token),
      user: operator,
      until: Date.now() + 24 * 3600_000,
    });
    return {
      signInUrl: `${settings.publicUrl}/sign-in?token=${token}`,
      botKey: keys.bots,
      operatorKey: keys.operator,
    };
  } finally {
    await store.close();
  }
}

async function ensureUser(auth: Auth, role: "operator" | "bot"): Promise<string> {
  const { internalAdapter } = await auth.$context;
  const email = `${role}@agon.invalid`;
  const found = await internalAdapter.findUserByEmail(email);
  if (found) return found.user.id;
  const made = await internalAdapter.createUser(
    {
      email,
      name: role === "operator" ? "Operator" : "Bot",
      handle: role,
      role,
      emailVerified: true,
    },
    { method: "admin" },
  );
  return made.id;
}

if (import.meta.main) {
  const result = await bootstrap({
    mongoUrl: env("MONGO_URL"),
    arena: env("AGON_ARENA_ID"),
    secret: env("AGON_SECRET"),
    publicUrl: env("AGON_PUBLIC_URL"),
  });
  console.log(JSON.stringify(result));
  process.exit(0);
}
