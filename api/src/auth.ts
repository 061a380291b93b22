import { argon2, createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { betterAuth } from "better-auth";
import { APIError, createAuthEndpoint } from "better-auth/api";
import { mongodbAdapter } from "better-auth/adapters/mongodb";
import { setSessionCookie } from "better-auth/cookies";
import type { LinkDoc, Store } from "./models/store.ts";
import { isDuplicate } from "./models/store.ts";
import type { Redis } from "./redis.ts";
import { orElse } from "./redis.ts";

const hashArgon = promisify(argon2);
const cost = { parallelism: 1, tagLength: 32, memory: 19456, passes: 2 };

async function hashPassword(password: string): Promise<string> {
  const nonce = randomBytes(16);
  const tag = await hashArgon("argon2id", { message: password, nonce, ...cost });
  const { memory, passes } = cost;
  return `argon2id$${memory}$${passes}$${nonce.toString("base64")}$${tag.toString("base64")}`;
}

async function verifyPassword(hash: string, password: string): Promise<boolean> {
  const [kind, memory, passes, nonce, tag] = hash.split("$");
  if (kind !== "argon2id" || !nonce || !tag) return false;
  const expected = Buffer.from(tag, "base64");
  const actual = await hashArgon("argon2id", {
    message: password,
    nonce: Buffer.from(nonce, "base64"),
    parallelism: cost.parallelism,
    tagLength: expected.length,
    memory: Number(memory),
    passes: Number(passes),
  });
  return timingSafeEqual(expected, actual);
}

/** The form in which keys and link tokens are stored. */
export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** A handle made of what the user typed: lower case letters, digits and dashes. */
export function slug(text: string): string {
  return text
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 30);
}

/** Reserves a handle; the one asked for must be free, one made from a name gets a number. */
async function reserveHandle(
  store: Store,
  user: { email: string; name: string; handle?: unknown },
) {
  const asked = typeof user.handle === "string" && user.handle !== "";
  if (asked && slug(String(user.handle)) !== user.handle)
    throw new APIError("BAD_REQUEST", {
      message: "A handle has 1 to 30 lower case letters, digits and dashes. Choose another one.",
    });
  const wish = slug(String(asked ? user.handle : user.name)) || "learner";
  for (let n = 1; n < 50; n++) {
    const handle = n === 1 ? wish : `${wish}-${n < 10 ? n : randomBytes(3).toString("hex")}`;
    try {
      await store.handles.collection.insertOne({ _id: handle, email: user.email } as never);
      return handle;
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      // A sign-up that got this far and no further may try again.
      const held = await store.handles.findById(handle).lean();
      if (held?.email === user.email) return handle;
      if (asked)
        throw new APIError("UNPROCESSABLE_ENTITY", {
          message: `The handle ${handle} is taken. Choose another one.`,
        });
    }
  }
  throw new APIError("UNPROCESSABLE_ENTITY", { message: "Choose a handle yourself." });
}

export type Auth = ReturnType<typeof createAuth>;

/** Users, passwords and sessions: facts in MongoDB, Redis before it. */
export function createAuth(
  store: Store,
  redis: Redis | null,
  settings: { arena: string; secret: string; publicUrl: string },
) {
  const key = (name: string): string => `agon:${settings.arena}:auth:${name}`;
  return betterAuth({
    appName: "Agon",
    baseURL: settings.publicUrl,
    basePath: "/api/auth",
    secret: settings.secret,
    telemetry: { enabled: false },
    logger: { level: "error" },
    database: mongodbAdapter(store.connection.getClient().db() as never, { transaction: false }),
    // Own limits, in front of everything that writes.
    rateLimit: { enabled: false },
    emailAndPassword: {
      enabled: true,
      minPasswordLength: 8,
      maxPasswordLength: 200,
      // Who had the old password is signed out everywhere.
      revokeSessionsOnPasswordReset: true,
      password: {
        hash: hashPassword,
        verify: ({ hash, password }) => verifyPassword(hash, password),
      },
    },
    session: {
      expiresIn: 30 * 24 * 3600,
      updateAge: 24 * 3600,
      storeSessionInDatabase: true,
    },
    ...(redis && {
      secondaryStorage: {
        get: (name: string) => orElse(redis.get(key(name)), null),
        getAndDelete: (name: string) => orElse(redis.getDel(key(name)), null),
        set: async (name: string, value: string, ttl?: number) => {
          await orElse(
            redis.set(key(name), value, ttl ? { expiration: { type: "EX", value: ttl } } : {}),
            null,
          );
        },
        delete: async (name: string) => {
          await orElse(redis.del(key(name)), 0);
        },
        increment: async (name: string, ttl: number) => {
          const value = await orElse(redis.incr(key(name)), 1);
          if (value === 1) await orElse(redis.expire(key(name), ttl), 0);
          return value;
        },
      },
    }),
    user: {
      additionalFields: {
        handle: { type: "string", required: false, input: true },
        role: { type: "string", required: false, input: false, defaultValue: "learner" },
      },
    },
    databaseHooks: {
      user: {
        create: {
          before: async (user) => ({
            data: { ...user, handle: await reserveHandle(store, user) },
          }),
        },
      },
    },
    // The browser may reach us by another name than the public one; its own origin is fine.
    trustedOrigins: (request) => {
      const host = request?.headers.get("host");
      return [settings.publicUrl, ...(host ? [`http://${host}`, `https://${host}`] : [])];
    },
    plugins: [signInLink(store)],
  });
}

/** POST /sign-in-link {token}: turns the operator's single-use link into a session. */
function signInLink(store: Store) {
  return {
    id: "sign-in-link",
    endpoints: {
      signInLink: createAuthEndpoint("/sign-in-link", { method: "POST" }, async (ctx) => {
        const token = (ctx.body as { token?: unknown } | undefined)?.token;
        const id = typeof token === "string" ? sha256(token) : "";
        const link = await store.links.findOneAndDelete({ _id: id }).lean<LinkDoc>();
        const user =
          link && link.until > Date.now()
            ? await ctx.context.internalAdapter.findUserById(link.user)
            : null;
        if (!user)
          throw new APIError("UNAUTHORIZED", {
            message: "This link was used already or is too old. Run ./agon up again for a new one.",
          });
        const session = await ctx.context.internalAdapter.createSession(user.id);
        await setSessionCookie(ctx, { session, user });
        return ctx.json({ ok: true });
      }),
    },
  };
}
