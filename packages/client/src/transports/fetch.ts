/** Long-polling on fetch(): browsers, workers, and every runtime that has it. */
import { Polling } from "./polling.ts";

export class Fetch extends Polling {
  doPoll(): void {
    this.fetch_("poll", null, (text) => this.onData(text));
  }

  doWrite(data: string, callback: () => void): void {
    this.fetch_("post", data, callback);
  }

  private async fetch_(
    kind: "poll" | "post",
    body: string | null,
    done: (text: string) => void,
  ): Promise<void> {
    const { requestTimeout, extraHeaders, withCredentials } = this.opts;
    const { clock_: clock } = this.socket;
    const timer = requestTimeout && clock.setTimeout(() => this.abort_.abort(), requestTimeout);
    const [status, text] = await fetch(this.uri(), {
      method: body ? "POST" : "GET",
      body,
      headers: extraHeaders ?? {},
      credentials: withCredentials ? "include" : "same-origin",
      signal: this.abort_.signal,
    })
      .then(async (response) => [response.status, await response.text()] as const)
      .catch((error) => [0, `${error}`] as const);
    clock.clearTimeout(timer);
    if (status === 200) done(text);
    else this.fail_(kind, status, text);
  }
}
