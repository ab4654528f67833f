/** What Server and Namespace hand over to a broadcast of everybody. */
import { EventEmitter } from "node:events";
import type { AbortSignalLike, Untyped } from "@sockeye/core";
import type * as api from "../api/target.ts";
import type { Room, SocketId } from "../api/target.ts";
import type { EventData } from "./event-packet.ts";
import type { BroadcastOperator } from "./operator.ts";

// A handler's rejected promise reaches the emitter's own rejection method.
const CAPTURE = { captureRejections: true };

export abstract class BroadcastHost extends EventEmitter {
  constructor() {
    super(CAPTURE);
  }

  /** A broadcast of everybody. */
  protected abstract get everybody(): BroadcastOperator;

  override emit(...data: EventData): boolean {
    return this.everybody.emit(...data);
  }

  // Node.js types them as Function[].
  override listeners(event: string | symbol): Untyped[] {
    return super.listeners(event);
  }

  emitWithAck(...data: EventData): Promise<Untyped> {
    return this.everybody.emitWithAck(...data);
  }

  send(...args: Untyped[]): this {
    this.emit("message", ...args);
    return this;
  }

  write(...args: Untyped[]): this {
    this.emit("message", ...args);
    return this;
  }

  to(room: Room | Room[]): BroadcastOperator {
    return this.everybody.to(room);
  }

  in(room: Room | Room[]): BroadcastOperator {
    return this.everybody.to(room);
  }

  except(room: Room | Room[]): BroadcastOperator {
    return this.everybody.except(room);
  }

  compress(compress: boolean): BroadcastOperator {
    return this.everybody.compress(compress);
  }

  get volatile(): BroadcastOperator {
    return this.everybody.volatile;
  }

  get local(): BroadcastOperator {
    return this.everybody.local;
  }

  timeout(timeout: number): BroadcastOperator {
    return this.everybody.timeout(timeout);
  }

  signal(signal: AbortSignalLike): BroadcastOperator {
    return this.everybody.signal(signal);
  }

  allSockets(): Promise<Set<SocketId>> {
    return this.everybody.allSockets();
  }

  fetchSockets(): Promise<api.RemoteSocket<Untyped, Untyped>[]> {
    return this.everybody.fetchSockets();
  }

  socketsJoin(room: Room | Room[]): void {
    this.everybody.socketsJoin(room);
  }

  socketsLeave(room: Room | Room[]): void {
    this.everybody.socketsLeave(room);
  }

  disconnectSockets(close?: boolean): void {
    this.everybody.disconnectSockets(close);
  }
}
