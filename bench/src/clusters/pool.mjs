/** Connections to PostgreSQL, the same for all. */
import { Pool } from "pg";

/** @param {string} url */
export function poolOf(url) {
  const pool = new Pool({ connectionString: url });
  pool.on("error", (error) => console.error(error));
  return pool;
}
