/** Long-polling on fetch(): browsers, workers, and every runtime that has it. */
import { Polling } from "./polling.ts";

export class Fetch extends Polling {
  doPoll(): void {
    this.fetch_("poll").then((text) => text !== undefined && this.onData(text));
  }

  doWrite(data: string, callback: () => void): void {
    this.fetch_("post", data).then((text) => text !== undefined && callback());
  }

  /** The text of the answer; undefined when there is none, which is reported. */
  private async fetch_(kind: "poll" | "post", body?: string): Promise<string | undefined> {
    const { requestTimeout, extraHeaders, withCredentials } = this.opts;
    const { clock_: clock } = this.socket;
    const timer = requestTimeout && clock.setTimeout(() => this.abort_.abort(), requestTimeout);
    let status = 0;
    let text: string;
    try {
      const response = await fetch(this.uri(), {
        method: body === undefined ? "GET" : "POST",
        body: body ?? null,
        headers: extraHeaders ?? {},
        credentials: withCredentials ? "include" : "same-origin",
        signal: this.abort_.signal,
      });
      text = await response.text();
      if (response.ok) return text;
      status = response.status;
    } catch (error) {
      text = String(error);
    } finally {
      clock.clearTimeout(timer);
    }
    this.fail_(kind, status, text);
    return undefined;
  }
}
