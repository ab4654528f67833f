/** A bus over PostgreSQL; bring pg or postgres.js. */
export { PostgresBus } from "./bus.ts";
export { type PostgresLike, type PostgresOptions, postgres } from "./client.ts";
export { type PostgresDurableBus, type PostgresLogOptions, postgresLog } from "./durable.ts";
export type { PgClientLike, PgNotification, PgPoolLike } from "./pg.ts";
export type { PostgresJsLike } from "./postgres-js.ts";
