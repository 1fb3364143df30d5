"""The client of the matrix on the Python SDK 1.x. Arguments: URL or command, "legacy", prefix of the names."""

import asyncio
import contextlib

from mcp import ClientSession, StdioServerParameters, stdio_client, types
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client

from features import is_sse, run


def wire(model):
    return model.model_dump(by_alias=True, mode="json", exclude_unset=True)


class Peer:
    modern = False

    def __init__(self, session, greeting):
        self.session = session
        self.revision = greeting.protocolVersion
        self.greeting = f"{greeting.serverInfo.name}: {greeting.instructions}"

    async def list_tools(self):
        return wire(await self.session.list_tools())

    async def list_resources(self):
        return wire(await self.session.list_resources())

    async def list_templates(self):
        return wire(await self.session.list_resource_templates())

    async def list_prompts(self):
        return wire(await self.session.list_prompts())

    async def read(self, uri):
        return wire(await self.session.read_resource(uri))

    async def get_prompt(self, name, args):
        return wire(await self.session.get_prompt(name, args))

    async def complete(self, ref, name, value):
        kind = types.PromptReference if ref["type"] == "ref/prompt" else types.ResourceTemplateReference
        return wire(await self.session.complete(kind.model_validate(ref), {"name": name, "value": value}))

    async def call(self, name, args, progress, meta):
        return wire(await self.session.call_tool(name, args, progress_callback=progress, meta=meta))

    def cancelling(self, name, args, progress):
        # The SDK neither tells a request's id nor sends the notification by itself.
        request_id = None

        async def start():
            nonlocal request_id
            request_id = self.session._request_id
            return await self.call(name, args, progress, None)

        async def cancel():
            params = types.CancelledNotificationParams(requestId=request_id, reason="enough")
            cancelled = types.CancelledNotification(params=params)
            await self.session.send_notification(types.ClientNotification(cancelled))
            task.cancel()

        task = asyncio.create_task(start())

        return task, cancel

    async def logs(self, level, run):
        await self.session.set_logging_level(level)
        await run(None)

    @contextlib.asynccontextmanager
    async def watch(self, uri=None, tools=False):
        if uri:
            await self.session.subscribe_resource(uri)
        yield
        if uri:
            await self.session.unsubscribe_resource(uri)


@contextlib.asynccontextmanager
async def connect(target, mode, handlers):
    async def elicit(context, params):
        return types.ElicitResult.model_validate(handlers.ask("elicitation/create", wire(params)))

    async def sample(context, params):
        return types.CreateMessageResult.model_validate(handlers.ask("sampling/createMessage", wire(params)))

    async def roots(context):
        return types.ListRootsResult.model_validate(handlers.ask("roots/list", None))

    async def told(message):
        if isinstance(message, types.ServerNotification):
            handlers.told(message.root.method, wire(message.root).get("params"))

    command, *args = target.split()
    if target.startswith("http"):
        transport = sse_client(target) if is_sse(target) else streamable_http_client(target)
    else:
        transport = stdio_client(StdioServerParameters(command=command, args=args))
    info = types.Implementation(name="matrix-py-old", version="1.0.0")
    callbacks = {"elicitation_callback": elicit, "sampling_callback": sample, "list_roots_callback": roots}
    async with transport as streams:
        async with ClientSession(*streams[:2], message_handler=told, client_info=info, **callbacks) as session:
            yield Peer(session, await session.initialize())


run(connect)
