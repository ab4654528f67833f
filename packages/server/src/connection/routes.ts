/** Which socket a namespace's packets belong to; made for the usual case of one. */
import type { Packet } from "@sockeye/protocol";

/** What a connection needs of a socket. */
export interface RoutedSocket {
  onPacket(packet: Packet): void;
  /** The connection is closed. */
  onConnectionClose(reason: string, description: unknown): void;
  disconnect(): unknown;
}

/** A namespace's socket, or that it is being admitted. */
export type Route = RoutedSocket | "pending";

export class Routes {
  #name: string | undefined;
  #route: Route | undefined;
  #others: Map<string, Route> | undefined;

  get size(): number {
    return (this.#name === undefined ? 0 : 1) + (this.#others?.size ?? 0);
  }

  get(name: string): Route | undefined {
    return name === this.#name ? this.#route : this.#others?.get(name);
  }

  set(name: string, route: Route): void {
    if (name === this.#name || this.size === 0) {
      this.#name = name;
      this.#route = route;
    } else {
      this.#others ??= new Map();
      this.#others.set(name, route);
    }
  }

  delete(name: string): void {
    if (name === this.#name) this.#name = this.#route = undefined;
    else this.#others?.delete(name);
  }

  /** The sockets, as of now. */
  sockets(): RoutedSocket[] {
    const routes = [this.#route, ...(this.#others?.values() ?? [])];
    return routes.filter((route) => typeof route === "object");
  }

  clear(): void {
    this.#name = this.#route = this.#others = undefined;
  }
}
