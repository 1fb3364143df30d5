"""A server on standard streams. Its tools say what it saw, hold calls, ask clients, and end it."""
import json
import os
import sys
import time

held, asked, seen, tasks, subscribed = [], {}, [], [], set()


def send(*messages):
    # In one piece, so that nothing comes between them.
    sys.stdout.write("".join(json.dumps({"jsonrpc": "2.0", **message}) + "\n" for message in messages))
    sys.stdout.flush()


def said(call, value, *after):
    text = value if isinstance(value, str) else json.dumps(value)
    send({"id": call, "result": {"content": [{"type": "text", "text": text}]}}, *after)


def run(call, tool, arguments, meta):
    if tool == "who":
        said(call, str(os.getpid()))
    elif tool == "seen":
        said(call, [message for message in seen if message.get("method", "answer") == arguments.get("method")])
    elif tool == "subscribed":
        said(call, sorted(subscribed))
    elif tool == "hold":
        held.append((call, arguments.get("text", ""), meta.get("progressToken")))
    elif tool == "release":
        # The first that came is answered last.
        while held:
            waiting, text, token = held.pop()
            if token is not None:
                send({"method": "notifications/progress", "params": {"progressToken": token, "progress": 1, "message": text}})
            said(waiting, text)
        said(call, "released")
    elif tool == "ask":
        question = f"q{len(asked)}"
        asked[question] = call
        send({"id": question, **arguments})
    elif tool == "ask_later":
        said(call, "later", {"id": f"later{len(seen)}", **arguments})
    elif tool == "say_later":
        said(call, "later", arguments)
    elif tool == "task":
        tasks.append(arguments["id"])
        send({"id": call, "result": {"task": {"taskId": arguments["id"], "status": "working"}}})
    elif tool == "say":
        send(arguments)
        said(call, "said")
    elif tool == "freeze":
        time.sleep(600)
    elif tool == "die":
        sys.stderr.write("the disk is full\n")
        sys.stderr.flush()
        os._exit(3)


for line in sys.stdin:
    message = json.loads(line)
    seen.append(message)
    method, id, params = message.get("method"), message.get("id"), message.get("params") or {}
    if method is None:
        if id in asked:
            said(asked.pop(id), message.get("result") or message.get("error"))
    elif id is None:
        pass
    elif method == "initialize":
        capabilities = {"tools": {}, "resources": {"subscribe": True}, "logging": {}, "tasks": {"list": {}, "cancel": {}}}
        info = {"name": "fake", "version": "1"}
        result = {"protocolVersion": params["protocolVersion"], "capabilities": capabilities, "serverInfo": info}
        send({"id": id, "result": result})
    elif method == "tools/list":
        names = ["who", "seen", "hold", "release", "ask", "say", "die"]
        send({"id": id, "result": {"tools": [{"name": name, "inputSchema": {"type": "object"}} for name in names]}})
    elif method == "tasks/list":
        send({"id": id, "result": {"tasks": [{"taskId": task} for task in tasks]}})
    elif method == "tools/call":
        run(id, params["name"], params.get("arguments") or {}, params.get("_meta") or {})
    elif method == "resources/subscribe" and params["uri"].startswith("none:"):
        send({"id": id, "error": {"code": -32002, "message": "no such resource"}})
    elif method in ("resources/subscribe", "resources/unsubscribe"):
        (subscribed.add if method.endswith("/subscribe") else subscribed.discard)(params["uri"])
        send({"id": id, "result": {}})
    else:
        send({"id": id, "result": {}})
