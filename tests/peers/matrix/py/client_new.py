"""The client of the matrix on the Python SDK 2.x. Arguments: URL or command, "auto" | "2026-07-28" | "legacy", prefix
of the names."""

import asyncio
import contextlib
import warnings

from mcp import Client, MCPDeprecationWarning, StdioServerParameters, types
from mcp.client.sse import sse_client

from features import is_sse, run

warnings.simplefilter("ignore", MCPDeprecationWarning)


def wire(model):
    return model.model_dump(by_alias=True, mode="json", exclude_unset=True)


class Peer:
    def __init__(self, client, discovered):
        self.client = client
        self.revision = client.protocol_version
        self.modern = client.session.initialize_result is None
        instructions = discovered.get("instructions") if discovered else client.instructions
        name = client.server_info and client.server_info.name
        self.greeting = f"{name}: {instructions}"

    async def list_tools(self):
        return wire(await self.client.list_tools())

    async def list_resources(self):
        return wire(await self.client.list_resources())

    async def list_templates(self):
        return wire(await self.client.list_resource_templates())

    async def list_prompts(self):
        return wire(await self.client.list_prompts())

    async def read(self, uri):
        return wire(await self.client.read_resource(uri))

    async def get_prompt(self, name, args):
        return wire(await self.client.get_prompt(name, args))

    async def complete(self, ref, name, value):
        kind = types.PromptReference if ref["type"] == "ref/prompt" else types.ResourceTemplateReference
        return wire(await self.client.complete(kind.model_validate(ref), {"name": name, "value": value}))

    async def call(self, name, args, progress, meta):
        return wire(await self.client.call_tool(name, args, progress_callback=progress, meta=meta))

    def cancelling(self, name, args, progress):
        task = asyncio.create_task(self.call(name, args, progress, None))

        async def cancel():
            task.cancel()

        return task, cancel

    async def logs(self, level, run):
        if self.modern:
            return await run({types.LOG_LEVEL_META_KEY: level})
        await self.client.set_logging_level(level)
        return await run(None)

    @contextlib.asynccontextmanager
    async def watch(self, uri=None, tools=False):
        if self.modern:
            async with self.client.listen(tools_list_changed=tools, resource_subscriptions=[uri] if uri else []):
                yield
        else:
            if uri:
                await self.client.subscribe_resource(uri)
            yield
            if uri:
                await self.client.unsubscribe_resource(uri)


@contextlib.asynccontextmanager
async def connect(target, mode, handlers):
    async def elicit(context, params):
        return types.ElicitResult.model_validate(handlers.ask("elicitation/create", wire(params)))

    async def sample(context, params):
        return types.CreateMessageResult.model_validate(handlers.ask("sampling/createMessage", wire(params)))

    async def roots(context):
        return types.ListRootsResult.model_validate(handlers.ask("roots/list", None))

    async def told(message):
        if not isinstance(message, Exception):
            handlers.told(message.method, wire(message).get("params"))

    command, *args = target.split()
    if target.startswith("http"):
        server = sse_client(target) if is_sse(target) else target
    else:
        server = StdioServerParameters(command=command, args=args)
    info = types.Implementation(name="matrix-py-new", version="1.0.0")
    callbacks = {"elicitation_callback": elicit, "sampling_callback": sample, "list_roots_callback": roots}
    async with Client(server, mode=mode, message_handler=told, client_info=info, **callbacks) as client:
        # Pinned, the SDK sends nothing at first and could not tell that nobody is there.
        discovered = await client.session.send_discover(mode) if mode.startswith("20") else None
        yield Peer(client, discovered)


run(connect)
