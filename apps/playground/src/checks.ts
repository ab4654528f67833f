/** What clients send, checked before it is believed. */
import { type Break, type Draft, type Image, type Receipt, ROOMS, type RoomId, type User } from "./events.ts";

/** In bytes; the page shrinks larger images. */
const MAX_IMAGE = 1_000_000;

type Unknown<T> = { [Key in keyof T]?: unknown };

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

const isText = (value: unknown, longest: number): value is string =>
  typeof value === "string" && /\S/.test(value) && value.length <= longest;

const isId = (value: unknown): value is string => isText(value, 64);

export const isRoom = (value: unknown): value is RoomId => ROOMS.some(({ id }) => id === value);

export const isBreak = (value: unknown): value is Break =>
  ["drop", "offline", "silence", "restart"].includes(value as string);

/** @returns undefined unless it is a user */
export function readUser(value: unknown): User | undefined {
  if (!isObject(value)) return undefined;
  const { id, name }: Unknown<User> = value;
  return isId(id) && isText(name, 40) ? { id, name: name.trim() } : undefined;
}

/** @returns undefined unless it is a draft */
export function readDraft(value: unknown): Draft | undefined {
  if (!isObject(value)) return undefined;
  const { id, room, text, image }: Unknown<Draft> = value;
  if (!isId(id) || !isRoom(room)) return undefined;
  if (isText(text, 4000)) return { id, room, text };
  return isImage(image) ? { id, room, image: { type: image.type, bytes: image.bytes } } : undefined;
}

function isImage(value: unknown): value is Image {
  if (!isObject(value)) return false;
  const { type, bytes }: Unknown<Image> = value;
  // No SVG: it is a document, not a picture.
  const known = typeof type === "string" && /^image\/(png|jpeg|gif|webp|avif)$/.test(type);
  return known && bytes instanceof Uint8Array && bytes.length <= MAX_IMAGE;
}

/** @returns undefined unless it is a receipt */
export function readReceipt(value: unknown): Receipt | undefined {
  if (!isObject(value)) return undefined;
  const { room, ids, kind }: Unknown<Receipt> = value;
  if (!isRoom(room) || !Array.isArray(ids) || ids.length > 100 || !ids.every(isId)) return undefined;
  return kind === "received" || kind === "read" ? { room, ids, kind } : undefined;
}
