"""python-socketio's threaded client as a guest."""
import os
import sys
import threading

import socketio

from line_json import (SCENE_EVENTS, TRANSPORTS, client_options, heard, order_of, payload_of, refused, say, url_of)

seats = {}


class OrderedEngine(socketio.Client().eio.__class__):
    """python-engineio starts a thread for each message, which reorders them: here they come as on the wire."""

    # Whether the guest leaves by its own wish.
    parting = False

    def _trigger_event(self, event, *args, **kwargs):
        if event == "message":
            kwargs["run_async"] = False
        return super()._trigger_event(event, *args, **kwargs)

    def flush(self):
        """Waits until the thread that writes has written: `disconnect` ends it whatever is left in its queue."""
        with self.queue.all_tasks_done:
            self.queue.all_tasks_done.wait_for(lambda: not self.queue.unfinished_tasks, timeout=1)

    def disconnect(self, abort=False):
        if self.parting:
            self.flush()
        return super().disconnect(abort)


class Client(socketio.Client):
    def _engineio_client_class(self):
        return OrderedEngine


def listen(client, nsp, visitor):
    for event in SCENE_EVENTS:
        client.on(event, lambda *args, event=event: heard(visitor, event, args), namespace=nsp)
    client.on("connect", lambda: say(visitor=visitor, event="connect", args=[]), namespace=nsp)
    client.on("connect_error", lambda *args: refused(visitor, args), namespace=nsp)
    client.on("disconnect", lambda: say(visitor=visitor, event="disconnect", args=[]), namespace=nsp)


def connect(client, order):
    try:
        client.connect(url_of(order), auth=order.get("auth"), transports=TRANSPORTS[order["transport"]],
                       namespaces=list(order["seats"]), wait=False)
    except socketio.exceptions.ConnectionError as error:
        print(f"python_sync: {error}", file=sys.stderr)


def obey(order):
    if order["do"] == "open":
        client = Client(**client_options(order))
        for nsp, visitor in order["seats"].items():
            listen(client, nsp, visitor)
            seats[visitor] = (client, nsp)
        client.connecting = threading.Thread(target=connect, args=(client, order), daemon=True)
        client.connecting.start()
        return
    client, nsp = seats[order["visitor"]]
    # Until `connect` has returned, python-socketio takes no notice of a disconnection.
    client.connecting.join()
    if order["do"] == "leave":
        client.eio.parting = True
        client.disconnect()
    elif order["do"] == "emit":
        client.emit(order["event"], payload_of(order["args"]), namespace=nsp)
    else:
        answer = lambda *args: say(visitor=order["visitor"], call=order["call"], args=args)
        client.emit(order["event"], payload_of(order["args"]), namespace=nsp, callback=answer)


for line in sys.stdin:
    obey(order_of(line))
sys.stdout.flush()
os._exit(0)
