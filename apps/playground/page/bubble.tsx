/** One message, with what has become of it. */
import { type ReactNode, useEffect, useState } from "react";
import type { Image, User } from "../src/events.ts";
import { Face } from "./face.tsx";
import type { Entry } from "./use-messages.ts";

const names = (users: User[]): string => users.map(({ name }) => name).join(", ");
const time = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

export function Bubble({ entry, mine }: { entry: Entry; mine: boolean }): ReactNode {
  const { from, at, node, text, image, state } = entry;
  return (
    <li className="bubble" data-mine={mine} data-state={state}>
      {!mine && <Face of={from} />}
      <div className="body">
        {!mine && <strong>{from.name}</strong>}
        {text && <p>{text}</p>}
        {image && <Picture image={image} by={from} />}
        <footer>
          <time dateTime={new Date(at).toISOString()}>{time.format(at)}</time>
          {node && <span>{node}</span>}
          {mine && <Fate entry={entry} />}
        </footer>
      </div>
    </li>
  );
}

function Fate({ entry: { state, error, received, read } }: { entry: Entry }): ReactNode {
  if (state === "failed") return <span className="fate failed">Not sent: {error}</span>;
  if (state === "waiting") return <span className="fate">◷ Waiting to be sent</span>;
  if (read.length) return <span className="fate read">✓✓ Read by {names(read)}</span>;
  return <span className="fate">{received.length ? `✓✓ Delivered to ${names(received)}` : "✓ Sent"}</span>;
}

function Picture({ image, by }: { image: Image; by: User }): ReactNode {
  const [url, setUrl] = useState<string>();
  const { type, bytes } = image;
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([bytes as BlobPart], { type }));
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [type, bytes]);
  return url ? <img src={url} alt={`Shared by ${by.name}`} /> : null;
}
