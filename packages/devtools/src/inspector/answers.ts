/** What `inspector()` of @sockeye/server answers; its own types say the same. */

export interface ServerInfo {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  /** Seconds. */
  readonly uptime: number;
  /** Bytes. */
  readonly memory: { readonly heapUsed: number; readonly heapTotal: number; readonly rss: number };
  readonly clients: number;
  readonly namespaces: readonly NamespaceInfo[];
}

export interface NamespaceInfo {
  readonly name: string;
  readonly sockets: number;
  readonly rooms: number;
  /** Events per second. */
  readonly rates: { readonly in: number; readonly out: number };
}

export interface Overview {
  /** The one that is connected to comes first. */
  readonly servers: readonly ServerInfo[];
  readonly silent: number;
  readonly readonly: boolean;
}

export interface SocketInfo {
  readonly id: string;
  readonly address: string;
  /** Milliseconds since 1970. */
  readonly connectedAt: number;
  readonly rooms: readonly string[];
  readonly transport: string;
  readonly bufferedBytes: number;
}

export interface RoomInfo {
  readonly name: string;
  readonly sockets: number;
}

export interface Page<Item> {
  readonly total: number;
  readonly items: readonly Item[];
}

/** What is to be done: to one socket, to the members of a room (`target`), or to all of a namespace. */
export interface Action {
  readonly action: "join" | "leave" | "disconnect";
  readonly socket?: string;
  readonly target?: string;
  readonly room?: string;
  readonly close?: boolean;
}

export interface Proposal {
  readonly token: string;
  readonly statement: string;
  readonly sockets: number;
}
