/** For tests that want a real Redis. */
export { RedisCluster } from "./redis-cluster.ts";
export { RedisProcess, redisInstalled } from "./redis-server.ts";
