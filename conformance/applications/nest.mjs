/** A NestJS gateway on @nestjs/platform-socket.io; decorators are applied by hand, as this is no TypeScript. */
import "reflect-metadata";
import { Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { IoAdapter } from "@nestjs/platform-socket.io";
import {
  ConnectedSocket,
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
  WebSocketServer,
} from "@nestjs/websockets";
import { from, map } from "rxjs";

class ChatGateway {
  handleConnection(client) {
    client.emit("welcome", client.id);
  }

  /** What is returned answers the acknowledgement. */
  identity(number) {
    return number * 2;
  }

  /** `{ event, data }` is emitted, once for each value of the stream. */
  count() {
    return from([1, 2, 3]).pipe(map((data) => ({ event: "count", data })));
  }

  async enter(room, client) {
    await client.join(room);
    this.server.to(room).emit("entered", client.id);
  }
}

function decorate(method, decorator, ...parameters) {
  const { prototype } = ChatGateway;
  for (const [index, parameter] of parameters.entries()) parameter(prototype, method, index);
  decorator(prototype, method, Object.getOwnPropertyDescriptor(prototype, method));
}

decorate("identity", SubscribeMessage("identity"), MessageBody());
decorate("count", SubscribeMessage("count"));
decorate("enter", SubscribeMessage("enter"), MessageBody(), ConnectedSocket());
WebSocketServer()(ChatGateway.prototype, "server");
WebSocketGateway({ namespace: "chat", cors: { origin: "*" } })(ChatGateway);

class AppModule {}
Module({ providers: [ChatGateway] })(AppModule);

const app = await NestFactory.create(AppModule, { logger: ["error"] });
app.useWebSocketAdapter(new IoAdapter(app));
await app.listen(0, "127.0.0.1");
console.log(await app.getUrl());
