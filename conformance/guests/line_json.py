"""Orders as lines of JSON on stdin, what was heard as lines on stdout; binary as {"$binary": base64}."""
import base64
import json
import sys
import threading

from engineio.payload import Payload

# The documented setting for servers that send more than 16 packets in one polling answer.
Payload.max_decode_packets = 10_000

SCENE_EVENTS = ["echo", "question", "silent", "answers", "news", "refused", "number", "farewell"]
TRANSPORTS = {"polling": ["polling"], "websocket": ["websocket"], "upgrade": ["polling", "websocket"]}

_lock = threading.Lock()


def _unwrap(value):
    return base64.b64decode(value["$binary"]) if "$binary" in value else value


def _wrap(value):
    if isinstance(value, (bytes, bytearray)):
        return {"$binary": base64.b64encode(value).decode()}
    raise TypeError(f"{type(value)} is no JSON")


def say(**line):
    with _lock:
        sys.stdout.write(json.dumps(line, default=_wrap) + "\n")
        sys.stdout.flush()


def order_of(line):
    return json.loads(line, object_hook=_unwrap)


def heard(visitor, event, args):
    """Tells what came; returns what to acknowledge (a tuple: one argument each)."""
    say(visitor=visitor, event=event, args=args)
    return tuple(args) if event == "question" else None


def refused(visitor, args):
    error = args[0] if args else None
    if isinstance(error, dict):
        args = [error.get("message"), error.get("data")]
    say(visitor=visitor, event="connect_error", args=args)


def payload_of(args):
    """python-socketio takes several arguments as one tuple."""
    return tuple(args)


def client_options(order):
    return {
        "reconnection": order.get("reconnection", False),
        "reconnection_delay": 0.05,
        "randomization_factor": 0,
        "request_timeout": 2,
        "serializer": "msgpack" if order["msgpack"] else "default",
        "handle_sigint": False,
    }


def url_of(order):
    query = order.get("query") or {}
    return order["url"] + ("/?" + "&".join(f"{k}={v}" for k, v in query.items()) if query else "")
