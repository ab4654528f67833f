/** A load balancer without sticky sessions: each request goes to the next server, whoever sends it. */
import { once } from "node:events";
import { createServer, request as openRequest, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";

export interface Balancer {
  readonly url: string;
  /** Chooses the server of each request; the next one by default. */
  choose: (url: string) => number;
  close(): void;
}

export async function balance(ports: readonly number[]): Promise<Balancer> {
  let turn = 0;
  const server: Server = createServer((request, response) => {
    const { method, url, headers } = request;
    const port = ports[balancer.choose(url ?? "")];
    const onward = openRequest({ host: "127.0.0.1", port, method, path: url, headers, agent: false });
    onward.on("response", (answer) => {
      response.writeHead(answer.statusCode as number, answer.rawHeaders);
      answer.pipe(response);
    });
    onward.on("error", () => response.destroy());
    response.on("close", () => onward.destroy());
    request.pipe(onward);
  });
  server.on("upgrade", (request, socket, head) => {
    const onward = connect(ports[balancer.choose(request.url ?? "")] as number, "127.0.0.1");
    onward.on("error", () => socket.destroy()).on("close", () => socket.destroy());
    socket.on("error", () => onward.destroy()).on("close", () => onward.destroy());
    let opening = `GET ${request.url} HTTP/1.1\r\n`;
    for (let at = 0; at < request.rawHeaders.length; at += 2)
      opening += `${request.rawHeaders[at]}: ${request.rawHeaders[at + 1]}\r\n`;
    onward.write(`${opening}\r\n`);
    onward.write(head);
    socket.pipe(onward).pipe(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const balancer: Balancer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    choose: () => turn++ % ports.length,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
  return balancer;
}
