"""A server of revision 2026-07-28 on standard streams: it has no sessions, and serves all requests of its process alike."""
import json
import os
import sys

PREFIX = "io.modelcontextprotocol/"
# What it does when it is greeted with `initialize`: refuse, die, or refuse everything from then on.
GREETED = sys.argv[1] if len(sys.argv) > 1 else "refuse"
held, listening, seen, is_sulking = [], {}, [], False
tools = ["who", "seen", "hold", "release", "log", "ask", "tell", "die"]


def send(message):
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    sys.stdout.flush()


def result(call, **members):
    send({"id": call, "result": {"resultType": "complete", **members}})


def fail(call, code, text, **data):
    send({"id": call, "error": {"code": code, "message": text, **({"data": data} if data else {})}})


def said(call, value):
    result(call, content=[{"type": "text", "text": value if isinstance(value, str) else json.dumps(value)}])


def note(method, params):
    send({"method": "notifications/" + method, "params": params})


def tell(kind, params):
    for subscription in listening:
        note(kind, {**params, "_meta": {PREFIX + "subscriptionId": subscription}})


def run(call, params):
    tool, arguments, meta = params["name"], params.get("arguments") or {}, params["_meta"]
    if tool == "who":
        said(call, str(os.getpid()))
    elif tool == "seen":
        said(call, [message for message in seen if message.get("method") == arguments.get("method")])
    elif tool == "hold":
        held.append((call, arguments.get("text", ""), meta))
    elif tool == "release":
        # The first that came is answered last.
        while held:
            waiting, text, its = held.pop()
            if "progressToken" in its:
                note("progress", {"progressToken": its["progressToken"], "progress": 1, "message": text})
            said(waiting, text)
        said(call, "released")
    elif tool == "log":
        if PREFIX + "logLevel" in meta:
            note("message", {"level": "info", "data": arguments.get("text")})
        said(call, "logged")
    elif tool == "ask":
        if "inputResponses" in params:
            said(call, {"answers": params["inputResponses"], "state": params.get("requestState")})
        else:
            send({"id": call, "result": {"resultType": "input_required", "requestState": arguments["state"],
                                         "inputRequests": {"q": arguments["question"]}}})
    elif tool == "tell":
        if arguments["method"] == "tools/list_changed":
            tools.append("new")
        tell(arguments["method"], arguments.get("params") or {})
        said(call, "told")
    elif tool == "die":
        sys.stderr.write("the disk is full\n")
        sys.stderr.flush()
        os._exit(3)


for line in sys.stdin:
    message = json.loads(line)
    seen.append(message)
    method, id, params = message.get("method"), message.get("id"), message.get("params") or {}
    meta = params.get("_meta") or {}
    if method == "notifications/cancelled":
        listening.pop(params["requestId"], None)
        held = [call for call in held if call[0] != params["requestId"]]
    elif method == "initialize":
        is_sulking = GREETED == "sulk"
        if GREETED == "die":
            os._exit(4)
        fail(id, -32601, "there are no sessions")
    elif id is None:
        pass
    elif is_sulking:
        fail(id, -32602, "the first request was wrong")
    elif meta.get(PREFIX + "protocolVersion") != "2026-07-28" or PREFIX + "clientCapabilities" not in meta:
        fail(id, -32602, "the envelope is incomplete")
    elif method == "server/discover":
        changes = {"listChanged": True}
        capabilities = {"tools": changes, "resources": {"subscribe": True}, "logging": {}}
        result(id, supportedVersions=["2026-07-28"], capabilities=capabilities, ttlMs=0, cacheScope="public",
               _meta={PREFIX + "serverInfo": {"name": "fake", "version": "1"}})
    elif method == "subscriptions/listen":
        listening[id] = params["notifications"]
        note("subscriptions/acknowledged", {"notifications": params["notifications"], "_meta": {PREFIX + "subscriptionId": id}})
    elif method == "tools/list":
        result(id, tools=[{"name": name, "inputSchema": {"type": "object"}} for name in tools], ttlMs=0, cacheScope="public")
    elif method == "tools/call":
        run(id, params)
    elif method == "resources/read":
        fail(id, -32602, "not found", uri=params["uri"])
    else:
        fail(id, -32601, "unknown method " + method)
