/** For tests that want a real PostgreSQL. */
export { PostgresProcess, postgresInstalled } from "./postgres-server.ts";
