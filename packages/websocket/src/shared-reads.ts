/**
 * Reading into one buffer for all sockets. By default Node.js sets 64 KiB aside for every read and shrinks them
 * afterwards: a fifth of what a short message costs.
 */
import { Socket, type SocketConstructorOpts, type TcpSocketConnectOpts } from "node:net";

/** As much as Node.js asks the operating system for at once, too. */
const shared = Buffer.allocUnsafeSlow(65_536);

/** Called as a method of the socket. The bytes are only lent: the next read of any socket overwrites them. */
export type OnLentBytes = (this: Socket, length: number, bytes: Buffer) => void;

interface Handle {
  useUserBuffer?(buffer: Uint8Array): void;
}

/*
 * Node.js documents this way of reading (the option `onread`) for sockets that a program makes, not for those it
 * accepts. Where a socket keeps the two is looked up in one that was made with them; if they are not found there,
 * nothing is shared.
 */
const callback = (): boolean => true;
const options: SocketConstructorOpts & Pick<TcpSocketConnectOpts, "onread"> = {};
options.onread = { buffer: shared, callback };
const sample = new Socket(options);
const placeOf = (value: unknown): symbol | undefined =>
  Object.getOwnPropertySymbols(sample).find((place) => Reflect.get(sample, place) === value);
const bufferPlace = placeOf(shared);
const callbackPlace = placeOf(callback);

/** Switches a socket over; false when that cannot be done, or something waits to be read: then nothing has changed. */
export function shareReads(socket: Socket, onBytes: OnLentBytes): boolean {
  const handle: Handle | null | undefined = Reflect.get(socket, "_handle");
  if (!bufferPlace || !callbackPlace || !handle?.useUserBuffer || socket.readableLength > 0) return false;
  Reflect.set(socket, bufferPlace, shared);
  Reflect.set(socket, callbackPlace, onBytes);
  handle.useUserBuffer(shared);
  socket.resume();
  return true;
}
