"""python-socketio's asyncio client as a guest."""
import asyncio
import os
import sys

import socketio

from line_json import (SCENE_EVENTS, TRANSPORTS, client_options, heard, order_of, payload_of, refused, say, url_of)

seats = {}


def listen(client, nsp, visitor):
    for event in SCENE_EVENTS:
        client.on(event, lambda *args, event=event: heard(visitor, event, args), namespace=nsp)
    client.on("connect", lambda: say(visitor=visitor, event="connect", args=[]), namespace=nsp)
    client.on("connect_error", lambda *args: refused(visitor, args), namespace=nsp)
    client.on("disconnect", lambda: say(visitor=visitor, event="disconnect", args=[]), namespace=nsp)


async def connect(client, order):
    try:
        await client.connect(url_of(order), auth=order.get("auth"), transports=TRANSPORTS[order["transport"]],
                             namespaces=list(order["seats"]), wait=False)
    except socketio.exceptions.ConnectionError as error:
        print(f"python_asyncio: {error}", file=sys.stderr)


async def obey(order):
    if order["do"] == "open":
        client = socketio.AsyncClient(**client_options(order))
        for nsp, visitor in order["seats"].items():
            listen(client, nsp, visitor)
            seats[visitor] = (client, nsp)
        client.connecting = asyncio.ensure_future(connect(client, order))
        return
    client, nsp = seats[order["visitor"]]
    if order["do"] == "leave":
        await client.connecting
        await client.disconnect()
    elif order["do"] == "emit":
        await client.emit(order["event"], payload_of(order["args"]), namespace=nsp)
    else:
        answer = lambda *args: say(visitor=order["visitor"], call=order["call"], args=args)
        await client.emit(order["event"], payload_of(order["args"]), namespace=nsp, callback=answer)


async def main():
    reader = asyncio.StreamReader(limit=2**26)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        await obey(order_of(line))
    sys.stdout.flush()
    os._exit(0)


asyncio.run(main())
