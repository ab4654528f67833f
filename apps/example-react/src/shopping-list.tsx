/** One list: who looks at it, what is on it, and a line to write. */
import { usePresence, useRoom } from "@sockeye/react";
import { type ReactNode, useEffect, useState } from "react";
import type { Item } from "./events.ts";
import { useAck, useEmit, useSocketEvent } from "./socket.ts";

export function ShoppingList({ list }: { list: string }): ReactNode {
  const items = useItems(list);
  const emit = useEmit();
  return (
    <main>
      <People list={list} />
      <ul aria-label="Items">
        {items.map(({ id, text, done, by }) => (
          <li key={id}>
            <label>
              <input type="checkbox" checked={done} onChange={() => emit("toggle", list, id)} />
              {text} <small>by {by}</small>
            </label>
          </li>
        ))}
      </ul>
      <NewItem list={list} />
    </main>
  );
}

/** The items: all of them whenever we get into the room, and from there on those that change. */
function useItems(list: string): Item[] {
  const { status } = useRoom(list);
  const { emit } = useAck("items");
  const [items, setItems] = useState<ReadonlyMap<string, Item>>(new Map());
  useEffect(() => {
    if (status !== "joined") return;
    // Lost with the connection; the next one asks again.
    emit(list).then(
      (all) => setItems(new Map(all.map((item) => [item.id, item]))),
      () => {},
    );
  }, [status, emit, list]);
  useSocketEvent("item", (where, item) => {
    if (where === list) setItems((before) => new Map(before).set(item.id, item));
  });
  return [...items.values()];
}

function People({ list }: { list: string }): ReactNode {
  const { members } = usePresence(list);
  return <p>Here: {members.map(({ id }) => id).join(", ")}</p>;
}

function NewItem({ list }: { list: string }): ReactNode {
  const [text, setText] = useState("");
  const { emit, status, data, error } = useAck("add", { timeout: 5000 });
  const add = async (): Promise<void> => {
    const answer = await emit(list, text);
    if (!answer.error) setText("");
  };
  return (
    // What was not sent stays in the field, and the reason beside it.
    <form action={() => add().catch(() => {})}>
      <label>
        New item <input value={text} onChange={({ target }) => setText(target.value)} required />
      </label>
      <button type="submit" disabled={status === "pending"}>
        Add
      </button>
      <p role="alert">{data?.error ?? error?.message}</p>
    </form>
  );
}
