"""The server of the matrix on the Python SDK 1.x: handshake and sessions. Options: see `options` in tools.py."""

import asyncio
import contextlib
from uuid import uuid4

from mcp import McpError, types
from mcp.server.fastmcp.server import StreamableHTTPASGIApp
from mcp.server.lowlevel import NotificationOptions, Server
from mcp.server.sse import SseServerTransport
from mcp.server.stdio import stdio_server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.shared.message import ServerMessageMetadata
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Mount, Route

from tools import CATALOGUE, Resources, Tools, completions, greeting, listen, options

LEVELS = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"]
ANSWERS = {
    "elicitation/create": (types.ElicitRequest, types.ElicitResult),
    "sampling/createMessage": (types.CreateMessageRequest, types.CreateMessageResult),
    "roots/list": (types.ListRootsRequest, types.ListRootsResult),
}

given = options("py-old")
watched, levels, sessions = {}, {}, set()


class MatrixServer(Server):
    def create_initialization_options(self, *args, **kwargs):
        return super().create_initialization_options(NotificationOptions(tools_changed=True))

    def get_capabilities(self, *args):
        capabilities = super().get_capabilities(*args)
        capabilities.resources.subscribe = True  # the SDK never says so
        return capabilities


server = MatrixServer(given.name, "1.0.0", CATALOGUE["instructions"])
resources = Resources(given.base)


async def tell(told, send):
    for session in list(told):
        try:
            await send(session)
        except Exception:  # it is gone
            sessions.discard(session)
            watched.pop(session, None)


async def touch(uri):
    await tell([s for s, uris in watched.items() if uri in uris], lambda s: s.send_resource_updated(uri))


async def grow():
    await tell(sessions, lambda s: s.send_tool_list_changed())


class Call:
    def __init__(self, context):
        self.context = context
        self.session = context.session
        self.headers = context.request.headers if context.request else {}
        self.revision = self.headers.get("mcp-protocol-version")

    def header(self, name):
        return self.headers.get(name)

    async def progress(self, step, total, message):
        token = self.context.meta and self.context.meta.progressToken
        if token is not None:
            await self.session.send_progress_notification(token, step, total, message, str(self.context.request_id))

    async def log(self, level, data):
        if LEVELS.index(level) >= LEVELS.index(levels.get(self.session, "info")):
            await self.session.send_log_message(level, data, "matrix", self.context.request_id)

    async def answer(self, method, params):
        request_type, result_type = ANSWERS[method]
        elicitation = str(uuid4()) if params and params.get("mode") == "url" else None
        if elicitation:
            params = params | {"elicitationId": elicitation}
        request = request_type.model_validate({"method": method, "params": params})
        metadata = ServerMessageMetadata(related_request_id=self.context.request_id)
        answer = await self.session.send_request(types.ServerRequest(request), result_type, metadata=metadata)
        if elicitation:
            await self.session.send_elicit_complete(elicitation, self.context.request_id)
        return answer.model_dump(by_alias=True, mode="json", exclude_unset=True)

    async def ask(self, questions):
        asked = [self.answer(question["method"], question.get("params")) for question in questions.values()]
        return dict(zip(questions, await asyncio.gather(*asked)))


tools = Tools(given, touch, grow)


@server.list_tools()
async def list_tools():
    sessions.add(server.request_context.session)
    return [types.Tool.model_validate(tool) for tool in tools.listed]


@server.call_tool()
async def call_tool(name, args):
    sessions.add(server.request_context.session)
    result = await tools.call(name, args, Call(server.request_context))
    if result is None:
        raise McpError(types.ErrorData(code=-32602, message=f"Unknown tool: {name}"))
    return types.CallToolResult.model_validate(result)


@server.list_resources()
async def list_resources():
    return [types.Resource.model_validate(resource) for resource in resources.list]


@server.list_resource_templates()
async def list_resource_templates():
    return [types.ResourceTemplate.model_validate(resources.template)]


async def read_resource(request):
    uri = str(request.params.uri)
    content = resources.read(uri)
    if content is None:
        raise McpError(types.ErrorData(code=-32002, message="Resource not found", data={"uri": uri}))
    return types.ServerResult(types.ReadResourceResult.model_validate({"contents": [content]}))


server.request_handlers[types.ReadResourceRequest] = read_resource


@server.subscribe_resource()
async def subscribe(uri):
    watched.setdefault(server.request_context.session, set()).add(str(uri))


@server.unsubscribe_resource()
async def unsubscribe(uri):
    watched.get(server.request_context.session, set()).discard(str(uri))


@server.set_logging_level()
async def set_level(level):
    levels[server.request_context.session] = level


@server.list_prompts()
async def list_prompts():
    return [types.Prompt.model_validate(prompt) for prompt in CATALOGUE["prompts"]]


@server.get_prompt()
async def get_prompt(name, args):
    if name == "greet":
        return types.GetPromptResult.model_validate(greeting(args))
    unknown = {"code": -32602, "message": f"Unknown prompt: {name}"}
    raise McpError(types.ErrorData.model_validate(CATALOGUE["promptError"] if name == "broken" else unknown))


@server.completion()
async def complete(ref, argument, context):
    return types.Completion(values=completions(argument.name, argument.value), hasMore=False)


async def stdio():
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())


def sse_app():
    """The transport of 2024-11-05: a stream at /sse, messages at /messages/."""
    transport = SseServerTransport("/messages/")

    async def stream(request):
        async with transport.connect_sse(request.scope, request.receive, request._send) as streams:
            await server.run(*streams, server.create_initialization_options())
        return Response()

    return Starlette(routes=[Route("/sse", stream), Mount("/messages/", transport.handle_post_message)])


if given.stdio:
    asyncio.run(stdio())
elif given.sse:
    listen(sse_app(), given)
else:
    manager = StreamableHTTPSessionManager(server)

    @contextlib.asynccontextmanager
    async def lifespan(app):
        async with manager.run():
            yield

    listen(Starlette(routes=[Route("/mcp", StreamableHTTPASGIApp(manager))], lifespan=lifespan), given)
