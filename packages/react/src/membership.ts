/** Being in a room, or watching who is: joined once per socket however many components ask, and again after a loss. */
import type { Socket } from "@sockeye/client";
import type { Untyped } from "@sockeye/core";
import { useContext, useSyncExternalStore } from "react";
import { AboveContext, required } from "./use-owned-socket.ts";

/** Somebody in a room: what the server's option `user` tells, and how many connections (tabs) they have there. */
export type Present<User extends { id: string } = { id: string }> = User & { readonly connections: number };

/** How it stands with a room. */
export interface RoomState {
  /** "refused": see `error`; it is asked again at the next connection. */
  readonly status: "joining" | "joined" | "refused";
  /** Why the server refused; ERR_TIMEOUT when it did not answer, as one without `rooms(io)` does not. */
  readonly error: (Error & { code?: string }) | undefined;
}

/** Who is in a room. */
export interface PresenceState<User extends { id: string } = { id: string }> extends RoomState {
  /** One entry per user, in the order of their coming. */
  readonly members: readonly Present<User>[];
}

interface Store {
  subscribe(listener: () => void): () => void;
  getSnapshot(): PresenceState<Untyped>;
}

/** Milliseconds that the server may take to answer. */
const TIMEOUT = 10_000;

const JOINING: PresenceState = { status: "joining", error: undefined, members: [] };

/** @param kind "room" to be in it, "presence" to watch it */
function membership(socket: Socket, kind: string, room: string): Store {
  const listeners = new Set<() => void>();
  let state = JOINING;
  let members = new Map<string, Present>();
  /** What came since the question was asked: newer than its answer. */
  let early: Present[][] = [];
  /** Only the latest question counts. */
  let turn = 0;
  let open = false;

  const set = (next: Partial<PresenceState>): void => {
    state = { ...state, ...next };
    for (const listener of listeners) listener();
  };
  const apply = (changes: Present[]): void => {
    for (const one of changes) {
      if (one.connections) members.set(one.id, one);
      else members.delete(one.id);
    }
  };
  const onChange = (where: string, changes: Present[]): void => {
    if (where !== room) return;
    early.push(changes);
    if (state.status !== "joined") return;
    early = [];
    apply(changes);
    set({ members: [...members.values()] });
  };
  const join = async (): Promise<void> => {
    // A recovered connection is still in its rooms, and gets the changes that it has missed.
    if (!socket.connected || (socket.recovered && state.status === "joined")) return;
    const mine = ++turn;
    early = [];
    set({ status: "joining", error: undefined });
    let error: RoomState["error"];
    try {
      const answer = await socket.timeout(TIMEOUT).emitWithAck(`sockeye:${kind}:join`, room);
      if (answer.error) throw Object.assign(new Error(), answer.error);
      if (mine === turn) {
        members = new Map();
        for (const changes of [answer.members ?? [], ...early]) apply(changes);
      }
    } catch (reason) {
      error = reason as Error;
    }
    // Whoever lost the connection asks again with the next one.
    if (mine !== turn || !socket.connected) return;
    set({ status: error ? "refused" : "joined", error, members: error ? [] : [...members.values()] });
  };
  const start = (): void => {
    open = true;
    socket.on("connect", join).on("sockeye:presence", onChange);
    join();
  };
  const stop = (): void => {
    if (listeners.size || !open) return;
    open = false;
    turn++;
    socket.off("connect", join).off("sockeye:presence", onChange);
    if (socket.connected) socket.emit(`sockeye:${kind}:leave`, room);
    state = JOINING;
  };

  return {
    getSnapshot: () => state,
    subscribe(listener) {
      listeners.add(listener);
      if (!open) start();
      return () => {
        listeners.delete(listener);
        // StrictMode and Fast Refresh come back in the same turn.
        setTimeout(stop);
      };
    },
  };
}

const stores = new WeakMap<Socket, Map<string, Store>>();

/** One store for all components that ask for the same. */
function storeOf(socket: Socket, kind: string, room: string): Store {
  const all = stores.get(socket) ?? new Map<string, Store>();
  stores.set(socket, all);
  const key = `${kind}:${room}`;
  const store = all.get(key) ?? membership(socket, kind, room);
  all.set(key, store);
  return store;
}

function useMembership(kind: string, room: string, socket: Socket | undefined): PresenceState<Untyped> {
  const nearest = useContext(AboveContext).socket;
  const { subscribe, getSnapshot } = storeOf(required(socket ?? nearest), kind, room);
  return useSyncExternalStore(subscribe, getSnapshot, () => JOINING);
}

/**
 * Is in a room while the component is there. The server needs `rooms(io)`.
 * @param socket default: the nearest provider's
 */
export function useRoom(room: string, socket?: Socket<Untyped, Untyped>): RoomState {
  return useMembership("room", room, socket);
}

/**
 * Who is in a room; to be there oneself, see {@link useRoom}. The server needs `rooms(io)`.
 * @typeParam User what the server's option `user` tells
 * @param socket default: the nearest provider's
 */
export function usePresence<User extends { id: string } = { id: string; [key: string]: Untyped }>(
  room: string,
  socket?: Socket<Untyped, Untyped>,
): PresenceState<User> {
  return useMembership("presence", room, socket);
}
