"""What the servers do, whatever the SDK.

A tool is given its arguments and `call`, what the SDK offers to it:
  await call.progress(step, total, message)      tells the progress
  await call.log(level, data)                    logs
  await call.ask({key: {"method", "params"}})    asks the client, answers by key; a tool may be run anew for each
                                                 answer, so it does nothing that matters before its last question
  call.header(name)                              a header of the request, None where there is none
  call.revision                                  the protocol revision of the request
"""

import argparse
import asyncio
import base64
import json
import logging
import os
import re
import socket
import sys
import threading
from pathlib import Path

import uvicorn

logging.disable(logging.WARNING)  # or the SDK warns at every list that a tool's name is not ASCII
CATALOGUE = json.loads((Path(__file__).parent.parent / "catalogue.json").read_text("utf8"))
PEOPLE = {"who": CATALOGUE["people"], "id": CATALOGUE["items"]}
ROOTS = {"method": "roots/list"}


def text(value):
    return {"content": [{"type": "text", "text": value}]}


def structured(value):
    return text(json.dumps(value)) | {"structuredContent": value}


def form(message, schema):
    return {"method": "elicitation/create", "params": {"mode": "form", "message": message, "requestedSchema": schema}}


def only(name):
    return {"type": "object", "properties": {name: CATALOGUE["form"]["properties"][name]}, "required": [name]}


def page(url):
    return {"method": "elicitation/create", "params": {"mode": "url", "message": "Please open this page.", "url": url}}


def sample(value):
    messages = [{"role": "user", "content": {"type": "text", "text": value}}]
    return {"method": "sampling/createMessage", "params": {"messages": messages, "maxTokens": 100}}


def unwrapped(value):
    """A header's value, which is wrapped in base64 where it is not plain ASCII."""
    wrapped = re.fullmatch(r"=\?base64\?(.*)\?=", value or "")
    return base64.b64decode(wrapped[1]).decode() if wrapped else value


class Tools:
    """`touch` and `grow` tell all clients; `base` is what the resources' URIs begin with."""

    def __init__(self, given, touch, grow):
        self.given = given
        self.tell_touch = touch
        self.tell_grow = grow
        self.runs = {}
        self.listed = list(CATALOGUE["tools"])

    async def call(self, name, args, call):
        """The result of a tool; None where there is no such tool."""
        if name not in [tool["name"] for tool in self.listed]:
            return None
        tool = getattr(self, {"räw日本": "raw"}.get(name, name), None)
        return await tool(args, call) if tool else text(name)

    async def about(self, args, call):
        return structured({"sdk": self.given.sdk, "base": self.given.base, "revision": call.revision})

    async def echo(self, args, call):
        return text(args["text"])

    async def add(self, args, call):
        return structured({"sum": args["a"] + args["b"]})

    async def mirror(self, args, call):
        return structured({"value": args["value"]})

    async def fail(self, args, call):
        return text("failed on purpose") | {"isError": True}

    async def raw(self, args, call):
        return text(f"räw: {args['text']}")

    async def routed(self, args, call):
        return structured(args | {"header": unwrapped(call.header("mcp-param-region"))})

    async def content(self, args, call):
        return {"content": CATALOGUE["content"]}

    async def big(self, args, call):
        return text(("0123456789abcdef" * (args["bytes"] // 16 + 1))[: args["bytes"]])

    def run(self, key):
        return self.runs.setdefault(key, {"started": 0, "cancelled": 0})

    async def slow(self, args, call):
        run, steps = self.run(args["key"]), args["steps"]
        run["started"] += 1
        try:
            for step in range(1, steps + 1):
                if not args.get("quiet"):
                    await call.progress(step, steps, f"{args['key']} {step}")
                await asyncio.sleep(args["delay"] / 1000)
        except asyncio.CancelledError:
            run["cancelled"] += 1
            raise
        return text(args["key"])

    async def cancelled(self, args, call):
        return structured(self.run(args["key"]))

    async def touch(self, args, call):
        await self.tell_touch(args["uri"])
        return text("touched")

    async def log(self, args, call):
        for level in ["info", "debug"]:
            await call.log(level, {"token": args["token"], "level": level})
        return text("logged")

    async def ask(self, args, call):
        return structured((await call.ask({"form": form(args["message"], CATALOGUE["form"])}))["form"])

    async def visit(self, args, call):
        return structured((await call.ask({"page": page(args["url"])}))["page"])

    async def sample(self, args, call):
        answer = (await call.ask({"sample": sample(args["text"])}))["sample"]
        return structured({"model": answer["model"], "text": answer["content"]["text"]})

    async def roots(self, args, call):
        return structured({"roots": (await call.ask({"roots": ROOTS}))["roots"]["roots"]})

    async def rounds(self, args, call):
        name = (await call.ask({"first": form("Your name?", only("name"))}))["first"]["content"]["name"]
        second = form(f"{name}, your colour?", only("colour"))
        return structured({"name": name, "colour": (await call.ask({"second": second}))["second"]["content"]["colour"]})

    async def many(self, args, call):
        answers = await call.ask({"form": form("Your name?", only("name")), "sample": sample("both"), "roots": ROOTS})
        name, sampled = answers["form"]["content"]["name"], answers["sample"]["content"]["text"]
        return structured({"name": name, "text": sampled, "roots": len(answers["roots"]["roots"])})

    async def grow(self, args, call):
        name = args["name"]
        self.listed.append({"name": name, "description": f"Grown: {name}.", "inputSchema": {"type": "object"}})
        await self.tell_grow()
        return text("grown")


class Resources:
    def __init__(self, base):
        self.base = base
        self.template = {"uriTemplate": f"{base}items/{{id}}", "name": "item", "mimeType": "text/plain"}
        self.today = {"uri": f"{base}notes/today", "name": "today", "mimeType": "text/plain", "description": "A note."}
        self.bytes = {"uri": f"{base}notes/bytes", "name": "bytes", "mimeType": "application/octet-stream"}
        self.list = [self.today, self.bytes]

    def read(self, uri):
        """The content at a URI, or None."""
        if uri.startswith(f"{self.base}items/"):
            return {"uri": uri, "mimeType": "text/plain", "text": f"item {uri.removeprefix(f'{self.base}items/')}"}
        if uri == self.today["uri"]:
            return {"uri": uri, "mimeType": "text/plain", "text": "today: räw 日本"}
        if uri == self.bytes["uri"]:
            return {"uri": uri, "mimeType": "application/octet-stream", "blob": "AAH+/w=="}
        return None


def greeting(args):
    tone = f", {args['tone']}" if "tone" in args else ""
    message = {"role": "user", "content": {"type": "text", "text": f"Greet {args['who']}{tone}."}}
    return {"description": "A greeting.", "messages": [message]}


def completions(name, value):
    return [one for one in PEOPLE.get(name, []) if one.startswith(value)]


def options(sdk):
    parser = argparse.ArgumentParser()
    parser.add_argument("--stdio", action="store_true")
    parser.add_argument("--sse", action="store_true", help="the transport of 2024-11-05")
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", 0)))
    parser.add_argument("--name", default=sdk)
    parser.add_argument("--only-2026", action="store_true")
    parser.add_argument("--tied", action="store_true", help="end with standard input")
    given = parser.parse_args()
    given.sdk, given.base = sdk, f"{given.name}://"
    return given


def listen(app, given):
    """Serves, and prints one line of JSON with the URL."""
    sock = socket.create_server(("127.0.0.1", given.port))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
    print(json.dumps({"url": f"http://127.0.0.1:{sock.getsockname()[1]}/{'sse' if given.sse else 'mcp'}"}), flush=True)
    if given.tied:
        threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    server.run(sockets=[sock])
