/** Long-polling on fetch(): browsers, workers, and every runtime that has it. */
import { Polling } from "./polling.ts";

export class Fetch extends Polling {
  doPoll(): void {
    this.fetch_("poll", (text) => this.onData(text));
  }

  doWrite(data: string, callback: () => void): void {
    this.fetch_("post", callback, data);
  }

  private async fetch_(kind: "poll" | "post", done: (text: string) => void, body?: string): Promise<void> {
    const { requestTimeout, extraHeaders, withCredentials } = this.opts;
    const { clock_: clock } = this.socket;
    const timer = requestTimeout && clock.setTimeout(() => this.abort_.abort(), requestTimeout);
    let status = 0;
    let text: string;
    try {
      const response = await fetch(this.uri(), {
        method: body && "POST",
        body,
        headers: extraHeaders,
        credentials: withCredentials ? "include" : undefined,
        signal: this.abort_.signal,
      } as RequestInit);
      text = await response.text();
      status = response.status;
    } catch (error) {
      text = `${error}`;
    }
    clock.clearTimeout(timer);
    if (status === 200) done(text);
    else this.fail_(kind, status, text);
  }
}
