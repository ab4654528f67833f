/** Where one writes, and chooses pictures. */
import { type FormEvent, type ReactNode, useRef, useState } from "react";
import type { RoomId } from "../src/events.ts";
import { shrink } from "./shrink.ts";
import { chat } from "./socket.ts";
import type { Messages } from "./use-messages.ts";

/** Least milliseconds between two words that somebody types. */
const RATE = 1500;

export function Composer({ room, send }: { room: RoomId; send: Messages["send"] }): ReactNode {
  const socket = chat.useSocket();
  const [text, setText] = useState("");
  const [problem, setProblem] = useState("");
  const told = useRef(0);

  const type = (value: string): void => {
    setText(value);
    if (!value || Date.now() - told.current < RATE || !socket.connected) return;
    told.current = Date.now();
    socket.emit("typing", room);
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!text.trim()) return;
    send({ text: text.trim() });
    setText("");
    told.current = 0;
  };
  const attach = async (file: File | undefined): Promise<void> => {
    if (!file) return;
    try {
      send({ image: await shrink(file) });
      setProblem("");
    } catch {
      setProblem(`${file.name} is no picture that this browser can read`);
    }
  };
  return (
    <form className="composer" onSubmit={submit}>
      <label className="attach">
        <span aria-hidden="true">+</span>
        <span className="unseen">Send an image</span>
        <input
          type="file"
          accept="image/*"
          onChange={({ target }) => attach(target.files?.[0]).then(() => (target.value = ""))}
        />
      </label>
      <input
        aria-label="Message"
        placeholder="Write a message"
        value={text}
        maxLength={4000}
        autoComplete="off"
        onChange={({ target }) => type(target.value)}
      />
      <button type="submit" className="primary">
        Send
      </button>
      {problem && <p role="alert">{problem}</p>}
    </form>
  );
}
