/** The default encoder, and what adapters have at hand as JSON already. */
import { Encoder, type Packet } from "@sockeye/protocol";

export class EventEncoder extends Encoder {
  /** The text of an event whose data is at hand as JSON, without bytes in it. */
  encodeJson({ type, nsp, id }: Packet, json: string): string {
    return this.encodeText({ type, nsp, id }) + json;
  }
}
