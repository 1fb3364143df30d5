"""The server of the matrix on the Python SDK 2.x: revision 2026-07-28, and the handshake too unless --only-2026.
Options: see `options` in tools.py."""

import asyncio
import json
import warnings
from uuid import uuid4

from mcp import MCPDeprecationWarning, MCPError, types
from mcp.server.lowlevel import NotificationOptions, Server
from mcp.server.sse import SseServerTransport
from mcp.server.stdio import stdio_server
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler, ResourceUpdated, ToolsListChanged
from mcp.shared.message import ServerMessageMetadata
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from tools import CATALOGUE, Resources, Tools, completions, greeting, listen, options

warnings.simplefilter("ignore", MCPDeprecationWarning)
REVISION = "2026-07-28"
LEVELS = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"]
ANSWERS = {
    "elicitation/create": (types.ElicitRequest, types.ElicitResult),
    "sampling/createMessage": (types.CreateMessageRequest, types.CreateMessageResult),
    "roots/list": (types.ListRootsRequest, types.ListRootsResult),
}

given = options("py-new")
resources = Resources(given.base)
bus = InMemorySubscriptionBus()
# Of the handshake's sessions, by their id; the only one over stdio has none.
sessions, watched, levels = {}, {}, {}


class Unanswered(Exception):
    """A tool needs answers that it does not have yet."""

    def __init__(self, questions, answers):
        super().__init__("unanswered")
        asked = {"inputRequests": questions, "requestState": json.dumps(answers), "resultType": "input_required"}
        self.result = types.InputRequiredResult.model_validate(asked)


async def tell(ids, send):
    for id in list(ids):
        try:
            await send(sessions[id])
        except Exception:  # it is gone
            sessions.pop(id, None)


async def touch(uri):
    await bus.publish(ResourceUpdated(uri=uri))
    await tell([id for id, uris in watched.items() if uri in uris], lambda s: s.send_resource_updated(uri))


async def grow():
    await bus.publish(ToolsListChanged())
    await tell(sessions, lambda s: s.send_tool_list_changed())


def wire(model):
    return model.model_dump(by_alias=True, mode="json", exclude_unset=True)


def session_id(context):
    if not context.request:
        return None
    return context.request.headers.get("mcp-session-id") or context.request.query_params.get("session_id")


class Call:
    def __init__(self, context, params):
        self.context = context
        self.session = context.session
        self.headers = context.request.headers if context.request else {}
        self.revision = context.protocol_version
        given = {key: wire(answer) for key, answer in (params.input_responses or {}).items()}
        self.answers = json.loads(params.request_state or "{}") | given

    def header(self, name):
        return self.headers.get(name)

    async def progress(self, step, total, message):
        await self.session.report_progress(step, total, message)

    async def log(self, level, data):
        lowest = LEVELS.index(levels.get(session_id(self.context), "debug"))
        if self.revision == REVISION or LEVELS.index(level) >= lowest:
            await self.session.send_log_message(level, data, "matrix", self.context.request_id)

    async def answer(self, method, params):
        request_type, result_type = ANSWERS[method]
        elicitation = str(uuid4()) if params and params.get("mode") == "url" else None
        if elicitation:
            params = params | {"elicitationId": elicitation}
        request = request_type.model_validate({"method": method, "params": params})
        metadata = ServerMessageMetadata(related_request_id=self.context.request_id)
        answer = await self.session.send_request(request, result_type, metadata=metadata)
        if elicitation:
            await self.session.send_elicit_complete(elicitation, self.context.request_id)
        return wire(answer)

    async def ask(self, questions):
        if self.revision == REVISION:
            if questions.keys() <= self.answers.keys():
                return self.answers
            raise Unanswered(questions, self.answers)
        asked = [self.answer(question["method"], question.get("params")) for question in questions.values()]
        return dict(zip(questions, await asyncio.gather(*asked)))


tools = Tools(given, touch, grow)


async def list_tools(context, params):
    return types.ListToolsResult.model_validate({"tools": tools.listed})


async def call_tool(context, params):
    try:
        result = await tools.call(params.name, params.arguments or {}, Call(context, params))
    except Unanswered as unanswered:
        return unanswered.result
    if result is None:
        raise MCPError(-32602, f"Unknown tool: {params.name}")
    return types.CallToolResult.model_validate(result)


async def list_resources(context, params):
    return types.ListResourcesResult.model_validate({"resources": resources.list})


async def list_templates(context, params):
    return types.ListResourceTemplatesResult.model_validate({"resourceTemplates": [resources.template]})


async def read_resource(context, params):
    content = resources.read(params.uri)
    if content is None:
        raise MCPError(-32602, "Resource not found", {"uri": params.uri})
    return types.ReadResourceResult.model_validate({"contents": [content]})


async def subscribe(context, params):
    watched.setdefault(session_id(context), set()).add(params.uri)
    return types.EmptyResult()


async def unsubscribe(context, params):
    watched.get(session_id(context), set()).discard(params.uri)
    return types.EmptyResult()


async def set_level(context, params):
    levels[session_id(context)] = params.level
    return types.EmptyResult()


async def list_prompts(context, params):
    return types.ListPromptsResult.model_validate({"prompts": CATALOGUE["prompts"]})


async def get_prompt(context, params):
    if params.name == "greet":
        return types.GetPromptResult.model_validate(greeting(params.arguments))
    if params.name == "broken":
        raise MCPError(**CATALOGUE["promptError"])
    raise MCPError(-32602, f"Unknown prompt: {params.name}")


async def complete(context, params):
    values = completions(params.argument.name, params.argument.value)
    return types.CompleteResult.model_validate({"completion": {"values": values, "hasMore": False}})


class MatrixServer(Server):
    def create_initialization_options(self, *args, **kwargs):
        return super().create_initialization_options(NotificationOptions(tools_changed=True))


server = MatrixServer(
    given.name,
    version="1.0.0",
    instructions=CATALOGUE["instructions"],
    on_list_tools=list_tools,
    on_call_tool=call_tool,
    on_list_resources=list_resources,
    on_list_resource_templates=list_templates,
    on_read_resource=read_resource,
    on_subscribe_resource=subscribe,
    on_unsubscribe_resource=unsubscribe,
    on_subscriptions_listen=ListenHandler(bus),
    on_list_prompts=list_prompts,
    on_get_prompt=get_prompt,
    on_completion=complete,
    on_set_logging_level=set_level,
)


async def remember(context, call_next):
    """Keeps the sessions of the handshake, to tell them of changes."""
    if context.protocol_version != REVISION and context.method != "initialize":
        sessions[session_id(context)] = context.session
    return await call_next(context)


def refusal(requested):
    return {"supported": [REVISION], "requested": requested}


async def refuse(context, call_next):
    """--only-2026 over stdio: no handshake."""
    if context.protocol_version != REVISION:
        requested = (context.params or {}).get("protocolVersion", "unknown")
        raise MCPError(-32022, "Unsupported protocol version", refusal(requested))
    return await call_next(context)


def refusing(app):
    """--only-2026 over HTTP: no request of another revision, answered as the TypeScript SDK does."""

    async def filtered(scope, receive, send):
        headers = dict(scope.get("headers", []))
        revision = headers.get(b"mcp-protocol-version", b"").decode()
        if scope["type"] != "http" or revision == REVISION:
            return await app(scope, receive, send)
        if scope["method"] != "POST":
            return await Response(status_code=405)(scope, receive, send)
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message["body"], message.get("more_body", False)
        request = json.loads(body)
        if "id" not in request:
            return await Response(status_code=202)(scope, receive, send)
        requested = revision or request.get("params", {}).get("protocolVersion", "unknown")
        error = {"code": -32022, "message": "Unsupported protocol version", "data": refusal(requested)}
        answer = {"jsonrpc": "2.0", "id": request["id"], "error": error}
        return await JSONResponse(answer, 400)(scope, receive, send)

    return filtered


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


server.middleware.append(remember)
if given.stdio:
    if given.only_2026:
        server.middleware.append(refuse)
    asyncio.run(stdio())
elif given.sse:
    listen(sse_app(), given)
else:
    app = server.streamable_http_app()
    listen(refusing(app) if given.only_2026 else app, given)
