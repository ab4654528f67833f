/** Bring your own client: which library it is of, and a bus from it. */
import { hasMethods, wrongClient } from "@sockeye/cluster";
import { PostgresBus } from "./bus.ts";
import { PgConnection, type PgPoolLike } from "./pg.ts";
import { PostgresJsConnection, type PostgresJsLike } from "./postgres-js.ts";

/** A `Pool` of `pg`, or the `sql` of `postgres` (postgres.js). */
export type PostgresLike = PgPoolLike | PostgresJsLike;

/** How PostgreSQL is used. */
export interface PostgresOptions {
  /**
   * Told why a connection was lost or could not be made; the bus tries again by itself all the while. By default
   * an error becomes a warning of the process, unless it is the same as the last.
   */
  onError?: (error: unknown) => void;
}

/**
 * A bus over LISTEN and NOTIFY: `new Server(http, { adapter: cluster(postgres(new Pool({ connectionString }))) })`.
 * It keeps one connection of a pool of `pg`; with postgres.js one for LISTEN, and it sends through `sql`. Close the
 * bus before you end these. It must reach PostgreSQL itself, or a pooler in session mode. Throws a TypeError for
 * what is neither.
 */
export function postgres(client: PostgresLike, { onError = warnOnce() }: PostgresOptions = {}): PostgresBus {
  if (isPool(client)) return new PostgresBus((handler) => new PgConnection(client, onError, handler));
  if (isPostgresJs(client))
    return new PostgresBus((handler) => new PostgresJsConnection(client, onError, handler));
  const expected = "a Pool of pg (a Client cannot connect again) or the sql of postgres.js";
  throw wrongClient("postgres", expected, client);
}

export function isPool(client: object): client is PgPoolLike {
  return hasMethods(client, "connect") && typeof (client as Partial<PgPoolLike>).totalCount === "number";
}

function isPostgresJs(client: object): client is PostgresJsLike {
  return hasMethods(client, "listen", "unsafe");
}

/** Says once what is wrong, as attempts to connect may fail for hours. */
function warnOnce(): (error: unknown) => void {
  let last: string | undefined;
  return (error) => {
    const text = String(error instanceof AggregateError ? (error.errors[0] ?? error) : error);
    if (text === last) return;
    last = text;
    process.emitWarning(`postgres bus: ${text}; trying again`, { code: "SOCKEYE_POSTGRES" });
  };
}
