/** Bring your own client: which library it is of, and a bus from it. */
import { hasMethods, wrongClient } from "@sockeye/cluster";
import type { Connection, ConnectionHandler } from "./connection.ts";
import { type IoredisClusterLike, IoredisFleet, type NodeRedisClusterLike, NodeRedisFleet } from "./fleet.ts";
import { IoredisConnection, type IoredisLike } from "./ioredis.ts";
import { NodeRedisConnection, type NodeRedisLike } from "./node-redis.ts";
import { RedisBus } from "./pubsub.ts";
import { ShardsConnection } from "./shards.ts";

/** A client of ioredis or of node-redis, of one server or of a Redis Cluster. */
export type RedisLike = IoredisLike | NodeRedisLike | IoredisClusterLike | NodeRedisClusterLike;

/** How Redis is used. */
export interface RedisOptions {
  /**
   * Sharded pub/sub (Redis 7: SPUBLISH and SSUBSCRIBE), where a channel lives on one shard instead of on all;
   * not by default. All servers of a cluster must agree.
   */
  sharded?: boolean;
}

/**
 * A bus over Redis pub/sub: `new Server(http, { adapter: cluster(redis(new Redis(url))) })`. The client is
 * duplicated, twice; close the bus to end these connections. Throws a TypeError for what is no Redis client.
 */
export function redis(client: RedisLike, { sharded = false }: RedisOptions = {}): RedisBus {
  return new RedisBus(connectorOf(client, sharded));
}

/** How connections are made from a client; throws a TypeError for what is no Redis client. */
export function connectorOf(client: RedisLike, sharded: boolean): (handler: ConnectionHandler) => Connection {
  if (isIoredisCluster(client)) {
    return (handler) => new ShardsConnection(new IoredisFleet(client), sharded, handler);
  }
  if (isNodeRedisCluster(client)) {
    return (handler) => new ShardsConnection(new NodeRedisFleet(client), sharded, handler);
  }
  if (isIoredis(client)) return (handler) => new IoredisConnection(client, sharded, handler);
  if (isNodeRedis(client)) return (handler) => new NodeRedisConnection(client, sharded, handler);
  throw wrongClient("redis", "a client of ioredis or of node-redis", client);
}

function isIoredisCluster(client: object): client is IoredisClusterLike {
  return hasMethods(client, "duplicate", "nodes") && "status" in client;
}

function isNodeRedisCluster(client: object): client is NodeRedisClusterLike {
  return hasMethods(client, "duplicate", "nodeClient") && "isOpen" in client;
}

function isIoredis(client: object): client is IoredisLike {
  return hasMethods(client, "duplicate") && typeof (client as Partial<IoredisLike>).status === "string";
}

function isNodeRedis(client: object): client is NodeRedisLike {
  return hasMethods(client, "duplicate") && typeof (client as Partial<NodeRedisLike>).isOpen === "boolean";
}
