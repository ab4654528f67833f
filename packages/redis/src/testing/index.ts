/** For tests that want a real Redis. */
export { RedisProcess, redisInstalled } from "./redis-server.ts";
