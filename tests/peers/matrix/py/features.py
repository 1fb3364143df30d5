"""What the clients try, whatever the SDK. Prints one line of JSON for each feature.

A peer is the SDK's side of it, an asynchronous context manager made with (target, mode, handlers). All values are as on
the wire:
  revision, modern, greeting      what was negotiated, and with whom
  list_tools, list_resources, list_templates, list_prompts, read, get_prompt, complete
  call(name, args, progress, meta)    a coroutine; progress(step, total, message)
  cancelling(name, args, progress)    starts a call; gives its task and a coroutine function that cancels it
  logs(level, run)                runs with that log level; `run` is given the `_meta` that a call must carry
  watch(uri, tools)               an asynchronous context manager: updates of the URI, or changes of the tools, arrive
It calls handlers.ask(method, params) for a question, handlers.told(method, params) for a notification, and raises
errors with `error.code` and `error.data`.
"""

import asyncio
import json
import logging
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

logging.disable(logging.CRITICAL)
CATALOGUE = json.loads((Path(__file__).parent.parent / "catalogue.json").read_text("utf8"))
ANSWERS = CATALOGUE["answers"]
LIMIT = 10
QUIET = 0.3  # how long nothing must arrive where nothing may
UPDATED, TOOLS, LOG = "notifications/resources/updated", "notifications/tools/list_changed", "notifications/message"
HUGE = 10**30


def answer_to(method, params):
    """A question is answered by its own words and its schema."""
    if method == "roots/list":
        return {"roots": CATALOGUE["roots"]}
    if method == "sampling/createMessage":
        content = params["messages"][0]["content"]
        text = (content[0] if isinstance(content, list) else content)["text"]
        sampled = {"type": "text", "text": f"sampled {text}"}
        return {"role": "assistant", "model": "matrix-model", "content": sampled, "stopReason": "endTurn"}
    if params.get("mode") == "url":
        return {"action": "accept"}
    if "refuse" in params["message"]:
        return {"action": "decline"}
    return {"action": "accept", "content": {name: ANSWERS[name] for name in params["requestedSchema"]["properties"]}}


def same(got, wanted):
    assert got == wanted, f"{got!r} is not {wanted!r}"


def is_sse(target):
    """Whether the transport of 2024-11-05 is at this address."""
    return urlsplit(target).path.startswith("/sse")


async def eventually(check, what):
    end = time.monotonic() + LIMIT - 1
    while time.monotonic() < end:
        if value := await check():
            return value
        await asyncio.sleep(0.05)
    raise AssertionError(f"never: {what}")


async def refused(call):
    try:
        value = await call
    except Exception as error:
        return error
    raise AssertionError(f"not refused: {value}")


class Features:
    def __init__(self, prefix):
        self.prefix = prefix
        self.peer = self.about = None
        self.listed, self.asked, self.told_so_far = [], [], []

    # What the peer calls.

    def ask(self, method, params):
        self.asked.append((method, params))
        return answer_to(method, params)

    def told(self, method, params):
        self.told_so_far.append((method, params))

    # What the features use.

    def heard(self, method, check, since=0):
        return [params for name, params in self.told_so_far[since:] if name == method and check(params)]

    async def hear(self, method, check, since, count=1):
        async def enough():
            return len(self.heard(method, check, since)) >= count

        await eventually(enough, f"{count} {method}")

    def named(self, name):
        """The name that a hub may have given to a tool."""
        [described] = [tool["description"] for tool in CATALOGUE["tools"] if tool["name"] == name]
        mine = [tool for tool in self.listed if tool["name"].startswith(self.prefix)]
        exact = [tool["name"] for tool in mine if tool["name"] == self.prefix + name]
        return (exact + [tool["name"] for tool in mine if tool["description"] == described] + [self.prefix + name])[0]

    async def call(self, name, args=None, progress=None, meta=None):
        return await self.peer.call(self.named(name), args or {}, progress, meta)

    async def value(self, *args):
        result = await self.call(*args)
        assert not result.get("isError"), result["content"]
        return result["structuredContent"]

    async def text(self, *args):
        return (await self.call(*args))["content"][0]["text"]

    async def cancelling(self, quiet):
        key, begun = str(uuid4()), asyncio.Event()
        args = {"key": key, "steps": 40, "delay": 200, "quiet": quiet}

        async def progress(step, total, message):
            begun.set()

        async def started():
            return (await self.value("cancelled", {"key": key}))["started"]

        async def cancelled():
            return (await self.value("cancelled", {"key": key}))["cancelled"] == 1

        task, cancel = self.peer.cancelling(self.named("slow"), args, None if quiet else progress)
        await (eventually(started, "the call arrives") if quiet else begun.wait())
        await cancel()
        ended = await asyncio.gather(task, return_exceptions=True)
        assert isinstance(ended[0], BaseException), f"not cancelled: {ended[0]}"
        at = time.monotonic()
        await eventually(cancelled, "the server hears of it")
        return f"{type(ended[0]).__name__}; the server knew after {(time.monotonic() - at) * 1000:.0f} ms"

    # The features.

    async def list_tools(self):
        self.listed = (await self.peer.list_tools())["tools"]
        for wanted in CATALOGUE["tools"]:
            found = [tool for tool in self.listed if tool["name"] == self.named(wanted["name"])]
            assert found, f"{wanted['name']} is missing"
            for member in ["inputSchema", "outputSchema", "annotations"]:
                same(found[0].get(member), wanted.get(member))
        return f"{len(self.listed)} tools"

    async def call_feature(self):
        self.about = await self.value("about")
        same(await self.text("echo", {"text": "hello"}), "hello")
        return json.dumps(self.about)

    async def structured(self):
        same(await self.value("add", {"a": 0.1, "b": 0.2}), {"sum": 0.1 + 0.2})

    async def content(self):
        same((await self.call("content"))["content"], CATALOGUE["content"])

    async def tool_error(self):
        result = await self.call("fail")
        same([result["isError"], result["content"]], [True, [{"type": "text", "text": "failed on purpose"}]])

    async def unicode_name(self):
        same(await self.text("räw日本", {"text": "x"}), "räw: x")
        return self.named("räw日本")

    async def header(self):
        args = {"region": " zürich 日本", "text": "x"}
        result = await self.value("routed", args)
        header = result.pop("header")
        same(result, args)
        assert header in [None, args["region"]], f"the header says {header}"
        return f"header: {header}"

    async def odd(self):
        same(await self.value("mirror", {"value": CATALOGUE["odd"]}), {"value": CATALOGUE["odd"]})
        if self.about["sdk"].startswith("ts"):
            return "no integers above 2^53: the server is JavaScript"
        same(await self.value("mirror", {"value": [HUGE, -HUGE]}), {"value": [HUGE, -HUGE]})

    async def big(self):
        same(len(await self.text("big", {"bytes": 1_000_000})), 1_000_000)
        # Less than a megabyte even where each of them is escaped: a client may refuse longer events.
        long = "ä" * 150_000
        assert await self.text("echo", {"text": long}) == long

    async def progress(self):
        seen = []

        async def progress(*told):
            seen.append(told)

        same(await self.text("slow", {"key": "p", "steps": 3, "delay": 20}, progress), "p")
        same(seen, [(step, 3, f"p {step}") for step in [1, 2, 3]])

    async def cancel(self):
        return await self.cancelling(False)

    async def cancel_silent(self):
        return await self.cancelling(True)

    async def parallel(self):
        async def one(key):
            seen = []

            async def progress(step, total, message):
                seen.append(message)

            same(await self.text("slow", {"key": key, "steps": 3, "delay": 20}, progress), key)
            same(seen, [f"{key} {step}" for step in [1, 2, 3]])

        await asyncio.gather(*[one(f"parallel {index}") for index in range(20)])

    async def resources(self):
        listed = {one["uri"]: one for one in (await self.peer.list_resources())["resources"]}
        today, by_bytes = [listed[f"{self.about['base']}notes/{name}"] for name in ["today", "bytes"]]
        same(today["mimeType"], "text/plain")
        wanted = {"uri": today["uri"], "mimeType": "text/plain", "text": "today: räw 日本"}
        same((await self.peer.read(today["uri"]))["contents"], [wanted])
        same((await self.peer.read(by_bytes["uri"]))["contents"][0]["blob"], "AAH+/w==")

    async def templates(self):
        listed = (await self.peer.list_templates())["resourceTemplates"]
        assert f"{self.about['base']}items/{{id}}" in [one["uriTemplate"] for one in listed], listed
        same((await self.peer.read(f"{self.about['base']}items/7"))["contents"][0]["text"], "item 7")

    async def missing_resource(self):
        uri = f"{self.about['base']}notes/none"
        error = (await refused(self.peer.read(uri))).error
        assert error.code in [-32602, -32002], error
        same(error.data, {"uri": uri})
        return f"code {error.code}"

    async def prompts(self):
        [greet] = [one for one in (await self.peer.list_prompts())["prompts"] if one["name"] == f"{self.prefix}greet"]
        arguments = [(argument["name"], argument["required"]) for argument in greet["arguments"]]
        same(arguments, [("who", True), ("tone", False)])
        result = await self.peer.get_prompt(greet["name"], {"who": "Ädä", "tone": "kindly"})
        same(result["messages"][0]["content"]["text"], "Greet Ädä, kindly.")

    async def prompt_error(self):
        wanted = CATALOGUE["promptError"]
        error = (await refused(self.peer.get_prompt(f"{self.prefix}broken", None))).error
        same([error.code, error.data], [wanted["code"], wanted["data"]])
        assert wanted["message"] in error.message, error.message

    async def completion(self):
        of_prompt = {"type": "ref/prompt", "name": f"{self.prefix}greet"}
        same((await self.peer.complete(of_prompt, "who", "a"))["completion"]["values"], ["ada", "alan"])
        of_template = {"type": "ref/resource", "uri": f"{self.about['base']}items/{{id}}"}
        same((await self.peer.complete(of_template, "id", "1"))["completion"]["values"], ["1", "10"])

    async def subscribe(self):
        uri = f"{self.about['base']}notes/today"

        def updated(params):
            return params["uri"] == uri

        since = len(self.told_so_far)
        async with self.peer.watch(uri=uri):
            await self.call("touch", {"uri": uri})
            await self.hear(UPDATED, updated, since)
        await asyncio.sleep(QUIET)  # the new SDK does not wait until the end of a subscription is sent
        since = len(self.told_so_far)
        await self.call("touch", {"uri": uri})
        await asyncio.sleep(QUIET)
        same(self.heard(UPDATED, updated, since), [])

    async def logging(self):
        for level, wanted in [("info", ["info"]), ("debug", ["debug", "info"])]:
            token, since = str(uuid4()), len(self.told_so_far)

            def mine(params):
                return isinstance(params["data"], dict) and params["data"].get("token") == token

            await self.peer.logs(level, lambda meta: self.call("log", {"token": token}, None, meta))
            await self.hear(LOG, mine, since, len(wanted))
            await asyncio.sleep(QUIET)
            heard = self.heard(LOG, mine, since)
            same(sorted(params["level"] for params in heard), wanted)
            same({params["logger"] for params in heard}, {"matrix"})

    async def elicit_form(self):
        same(await self.value("ask", {"message": "Who are you?"}), {"action": "accept", "content": ANSWERS})
        _, params = self.asked[-1]
        same([params["message"], params["requestedSchema"]], ["Who are you?", CATALOGUE["form"]])

    async def elicit_decline(self):
        same((await self.value("ask", {"message": "Please refuse."}))["action"], "decline")

    async def elicit_url(self):
        url, since = f"https://example.com/{uuid4()}?q=%20ä", len(self.told_so_far)
        same((await self.value("visit", {"url": url}))["action"], "accept")
        _, params = self.asked[-1]
        same([params["mode"], params["url"]], ["url", url])
        complete = self.heard("notifications/elicitation/complete", lambda params: True, since)
        return f"elicitationId: {'elicitationId' in params}, notifications/elicitation/complete: {bool(complete)}"

    async def sampling(self):
        same(await self.value("sample", {"text": "this"}), {"model": "matrix-model", "text": "sampled this"})

    async def roots(self):
        same(await self.value("roots"), {"roots": CATALOGUE["roots"]})

    async def rounds(self):
        same(await self.value("rounds"), {"name": ANSWERS["name"], "colour": ANSWERS["colour"]})
        same(self.asked[-1][1]["message"], f"{ANSWERS['name']}, your colour?")

    async def many(self):
        same(await self.value("many"), {"name": ANSWERS["name"], "text": "sampled both", "roots": 1})

    async def list_changed(self):
        name, since = f"grown-{str(uuid4())[:8]}", len(self.told_so_far)
        async with self.peer.watch(tools=True):
            await self.call("grow", {"name": name})
            await self.hear(TOOLS, lambda params: True, since)
        shown = self.prefix + name

        async def is_listed():
            return shown in [tool["name"] for tool in (await self.peer.list_tools())["tools"]]

        await eventually(is_listed, "the new tool is listed")
        same((await self.peer.call(shown, {}, None, None))["content"][0]["text"], name)


FEATURES = """list_tools call structured content tool_error unicode_name header odd big progress cancel cancel_silent
    parallel resources templates missing_resource prompts prompt_error completion subscribe logging elicit_form
    elicit_decline elicit_url sampling roots rounds many list_changed""".split()


async def report(feature, attempt):
    line = {"feature": feature, "ok": True}
    try:
        async with asyncio.timeout(LIMIT):
            detail = await attempt
        if detail is not None:
            line["detail"] = detail
    except BaseException as error:
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        code = getattr(getattr(error, "error", None), "code", "")
        line |= {"ok": False, "detail": f"{code} {type(error).__name__}: {error}".strip()[:500]}
    print(json.dumps(line, ensure_ascii=False), flush=True)
    return line["ok"]


async def try_all(connect):
    target, mode, prefix = (sys.argv[1:] + [""])[:3]
    features = Features(prefix)
    peer = connect(target, mode, features)

    async def connecting():
        features.peer = await peer.__aenter__()
        assert mode == "auto" or features.peer.modern == (mode == "2026-07-28"), features.peer.revision
        return f"{features.peer.revision} with {features.peer.greeting}"

    async def unconnected():
        raise AssertionError("not connected")

    green = await report("connect", connecting())
    for feature in FEATURES:
        attempt = getattr(features, "call_feature" if feature == "call" else feature)
        green &= await report(feature, attempt() if features.peer else unconnected())
    if features.peer:
        async with asyncio.timeout(2):
            await peer.__aexit__(None, None, None)
    return green


def run(connect):
    sys.exit(not asyncio.run(try_all(connect)))
