/** A bus over Redis, and one that remembers; bring ioredis or node-redis. */
export { type RedisLike, type RedisOptions, redis } from "./client.ts";
export type { IoredisClusterLike, NodeRedisClusterLike } from "./fleet.ts";
export type { IoredisLike } from "./ioredis.ts";
export type { NodeRedisLike } from "./node-redis.ts";
export { RedisBus } from "./pubsub.ts";
export { RedisStreams, type RedisStreamsOptions, redisStreams } from "./streams.ts";
