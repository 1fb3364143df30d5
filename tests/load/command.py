"""A server on standard streams for the load: it echoes, reports progress, holds calls until they are cancelled, and dies."""
import json
import os
import sys


def send(message):
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    sys.stdout.flush()


for line in sys.stdin:
    message = json.loads(line)
    method, id, params = message.get("method"), message.get("id"), message.get("params") or {}
    if id is None or method is None:
        continue
    if method == "initialize":
        info = {"name": "cmd", "version": "1"}
        send({"id": id, "result": {"protocolVersion": params["protocolVersion"], "capabilities": {"tools": {}}, "serverInfo": info}})
    elif method == "tools/list":
        names = ["echo", "progress", "hang", "die"]
        send({"id": id, "result": {"tools": [{"name": name, "inputSchema": {"type": "object"}} for name in names]}})
    elif method == "tools/call":
        tool, text = params["name"], (params.get("arguments") or {}).get("text", "")
        token = (params.get("_meta") or {}).get("progressToken")
        if tool == "die":
            sys.stderr.write("told to die\n")
            os._exit(1)
        if tool == "progress" and token is not None:
            for step in range(3):
                send({"method": "notifications/progress", "params": {"progressToken": token, "progress": step, "message": text}})
        if tool != "hang":
            send({"id": id, "result": {"content": [{"type": "text", "text": text}]}})
    else:
        send({"id": id, "result": {}})
