// Rebuilds the boards from the log. --check only prints the digests of both, exit 1 when they differ.
import { env } from "@agon/daemon/env";
import { serviceLog } from "@agon/daemon/log";
import { Boards, digestBoards } from "./boards.ts";
import { openStore } from "./models/store.ts";
import { createRedis } from "./redis.ts";

const store = await openStore(env("MONGO_URL"));
const redis = createRedis(env("REDIS_URL"), serviceLog("boards-rebuild"));
await redis.connect();
const boards = new Boards(store, redis, null, env("AGON_ARENA_ID"));
if (!process.argv.includes("--check")) await boards.rebuild();
const log = digestBoards(await boards.foldLog());
const cached = digestBoards(await boards.readRedis());
console.log(`log ${log}\nredis ${cached}`);
process.exit(log === cached ? 0 : 1);
