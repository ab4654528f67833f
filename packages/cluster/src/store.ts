/** The port to small shared records: who holds which, and for how long. */

/**
 * A record is held by one owner at a time. An implementation
 * - MUST do each call atomically, whatever the number of processes, and MUST resolve when it is done;
 * - MUST forget a record `ttl` milliseconds after it was last held or added, and MUST NOT do so earlier;
 * - MUST take any bytes as value, up to a megabyte at least, and any string as key and owner;
 * - MUST reject when it is not sure that the call was carried out; MAY have carried it out nevertheless.
 */
export interface Store {
  /** Writes a record that is absent or held by this owner; `false` when another one holds it. */
  hold(key: string, owner: string, value: Uint8Array, ttl: number): Promise<boolean>;
  /** Makes `owner` hold the record, whoever held it, and tells its value; `undefined` when there is none. */
  seize(key: string, owner: string): Promise<Uint8Array | undefined>;
  /** Removes a record if this owner holds it. */
  release(key: string, owner: string): Promise<void>;
  /** Writes a value if there is none under the key; tells the one that is there already, if so. */
  add(key: string, value: Uint8Array, ttl: number): Promise<Uint8Array | undefined>;
}
