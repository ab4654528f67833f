/** What was said, on every server of a cluster: each tells the others, and asks them when it comes. */
import type { ClusterState } from "@sockeye/cluster";
import type { ChatServer } from "./chat.ts";
import type { Message, Receipt, User } from "./events.ts";
import { Histories } from "./histories.ts";

export class SharedHistories extends Histories {
  #io: ChatServer | undefined;
  #asked = false;

  /** Tells the other servers from now on, and asks them once, as soon as there are any. */
  share(io: ChatServer): void {
    this.#io = io;
    io.on("said", (message: Message) => super.add(message));
    io.on("noted", (receipt: Receipt, by: User) => void super.note(receipt, by));
    io.on("histories", (done: (messages: Message[]) => void) => done(this.all()));
    io.on("cluster_state", ({ servers }: ClusterState) => {
      if (servers > 1 && !this.#asked) void this.#ask(io);
    });
  }

  async #ask(io: ChatServer): Promise<void> {
    this.#asked = true;
    try {
      const known: Message[][] = await io.serverSideEmitWithAck("histories");
      for (const message of known.flat().toSorted((a, b) => a.at - b.at)) {
        if (!this.get(message.room, message.id)) super.add(message);
      }
    } catch {
      // Somebody has not answered: asked again when the cluster changes.
      this.#asked = false;
    }
  }

  override add(message: Message): void {
    super.add(message);
    this.#io?.serverSideEmit("said", message);
  }

  override note(receipt: Receipt, by: User): Receipt {
    const news = super.note(receipt, by);
    if (news.ids.length > 0) this.#io?.serverSideEmit("noted", news, by);
    return news;
  }
}
