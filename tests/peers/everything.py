"""The server with everything that the Python SDK's source distribution carries for the conformance suite, unchanged.

One line of JSON with the URL is printed when it listens. It ends when standard input closes."""

import json
import logging
import os
import socket
import sys
import threading
import time
import warnings

from mcp_everything_server.server import main


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


def tell(port):
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except OSError:
            time.sleep(0.05)
    print(json.dumps({"url": f"http://localhost:{port}/mcp"}), flush=True)
    sys.stdin.read()
    os._exit(0)


warnings.simplefilter("ignore")
logging.disable(logging.WARNING)
port = free_port()
threading.Thread(target=tell, args=[port], daemon=True).start()
main(["--port", str(port), "--log-level", "WARNING"])
