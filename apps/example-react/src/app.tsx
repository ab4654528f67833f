/** Who are you? Then the connection, and one of the lists. */
import { type ReactNode, useState } from "react";
import { ShoppingList } from "./shopping-list.tsx";
import { useConnection, WebSocketProvider } from "./socket.ts";

const LISTS = ["groceries", "hardware"];

export function App(): ReactNode {
  const [name, setName] = useState("");
  const [list, setList] = useState("groceries");
  if (!name) return <Gate enter={setName} />;
  return (
    // Without a url, the server is that of the page.
    <WebSocketProvider auth={{ name }}>
      <header>
        <h1>Shopping list</h1>
        <Status />
      </header>
      <nav aria-label="Lists">
        {LISTS.map((each) => (
          <button key={each} type="button" aria-pressed={each === list} onClick={() => setList(each)}>
            {each}
          </button>
        ))}
      </nav>
      {/* The key: another list begins anew. */}
      <ShoppingList key={list} list={list} />
    </WebSocketProvider>
  );
}

function Gate({ enter }: { enter: (name: string) => void }): ReactNode {
  return (
    <form action={(data) => enter(String(data.get("name")))}>
      <label>
        Your name <input name="name" required maxLength={40} />
      </label>
      <button type="submit">Enter</button>
    </form>
  );
}

function Status(): ReactNode {
  const { status, attempt } = useConnection();
  return <p role="status">{status === "reconnecting" ? `reconnecting, attempt ${attempt}` : status}</p>;
}
