/** A bus over Redis; bring ioredis or node-redis. */
export { type RedisLike, type RedisOptions, redis } from "./client.ts";
export type { IoredisLike } from "./ioredis.ts";
export type { NodeRedisLike } from "./node-redis.ts";
export { RedisBus } from "./pubsub.ts";
