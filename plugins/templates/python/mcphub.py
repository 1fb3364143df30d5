"""What a provider plugin in Python is written with: short ways, and what is meant where nothing is said.

The contract is in wit/. Parts are written as plain data: records as dicts with names_like_this, enums as strings,
variants as ("tag", value) or "tag", options as None.
"""

import re
from dataclasses import is_dataclass
from enum import Enum
from types import NoneType
from typing import Union, get_args, get_origin, get_type_hints

from componentize_py_types import Err
from wit_world import exports
from wit_world.imports import types


def build(kind, data):
    """The value of the contract's type that this plain data means."""
    if get_origin(kind) is list:
        return [build(get_args(kind)[0], item) for item in data]
    if get_origin(kind) is Union:
        kinds = [one for one in get_args(kind) if one is not NoneType]
        if data is None and len(kinds) < len(get_args(kind)):
            return None
        if len(kinds) == 1:
            return build(kinds[0], data)
        tag, value = data if isinstance(data, tuple) else (data, None)
        name = "".join(word.capitalize() for word in tag.split("-"))
        for one in kinds:
            # What Python keeps for itself has a "_" behind it: PlanBody_None_.
            if one.__name__.split("_", 1)[1].rstrip("_").lower() == name.lower():
                hints = get_type_hints(one)
                return one(build(hints["value"], value)) if "value" in hints else one()
        raise ValueError(f"{tag!r} is none of {', '.join(one.__name__ for one in kinds)}")
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind[data.upper().replace("-", "_")]
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        unknown = set(data) - set(hints)
        if unknown:
            raise ValueError(f"{kind.__name__} has no {', '.join(sorted(unknown))}")
        missing = [name for name, hint in hints.items() if name not in data and NoneType not in get_args(hint)]
        if missing:
            raise ValueError(f"{kind.__name__} needs {', '.join(missing)}")
        return kind(**{name: build(hint, data.get(name)) for name, hint in hints.items()})
    return data


def shape(**deviations):
    """How a request of the token endpoint deviates (wit: types.request-shape)."""
    standard = {"method": "post", "placement": "form", "renames": [], "omit": [], "extra": [], "headers": []}
    return {**standard, **deviations}


def token_rule(**deviations):
    """Where a token is in an answer (wit: types.token-rule)."""
    standard = {
        "slot": "main", "access_token": "/access_token", "refresh_token": "/refresh_token", "id_token": "/id_token",
        "expiry": {"kind": "seconds", "at": "/expires_in"}, "scope": "/scope",
    }
    return {**standard, **deviations}


DEFAULTS = {
    "Metadata": {"discovery": "standard", "issuer_aliases": [], "endpoints": []},
    "Registration": {
        "preference": ["metadata-document", "dynamic", "setup"], "redirect": "any", "secret": "as-returned",
        "application_type": "by-redirect", "scope_in_body": False,
    },
    "Authorization": {
        "pkce": "by-metadata", "extra": [], "renames": [], "drop_empty": False, "nonce": False, "in_fragment": False,
    },
    "Callback": {"code": "code", "state": "state", "captures": []},
    "ResourceIndicator": {"authorize": "send", "token": "send", "refresh": "send"},
    "Scopes": {
        "separator": " ", "answer_separators": " ", "unencoded": False, "always": [], "fixed": [],
        "offline": "by-metadata", "buckets": [], "catalogue": [], "tools": [], "silence_means_requested": True,
    },
    "TokenRequest": {"shape": shape(), "echo_state": False, "redirect_uri": "with-the-rest"},
    "TokenResponse": {"accept": [], "tokens": [token_rule()], "captures": []},
    "Refresh": {
        "presents": "refresh-token", "shape": shape(), "repeat_scope": False, "rotation": "unknown",
        "on_demand_only": False,
    },
    "Revocation": {"tokens": "both"},
    "Requests": {"token": ("authorization", "Bearer"), "headers": [], "query": []},
}


def answer_type(function):
    """What a function of an interface answers with."""
    try:
        return get_type_hints(function)["return"]
    except AttributeError:
        # Since Python 3.14 the names are looked up now, and in the class: there, a function hides the module of its name.
        from annotationlib import Format, get_annotations

        return eval(get_annotations(function, format=Format.STRING)["return"], vars(exports))


def answer(interface, function, data):
    """What a function answers: answer("OnError", "classify", fault("transient"))."""
    return build(answer_type(getattr(getattr(exports, interface), function)), data)


def answering(interface, function, data):
    """The interface whose one function answers with this."""
    value = answer(interface, function, data)
    return type(interface, (getattr(exports, interface),), {function: lambda self: value})


def profile(part, **deviations):
    """One part of the profile: only what deviates is written down. Revocation is that of RFC 7009; for another way:
    answering("Revocation", "profile", ("page", template("https://…"))) or ("plan", plan("https://…", method="delete"))."""
    said = {**DEFAULTS[part], **deviations}
    return answering(part, "profile", ("rfc7009", said) if part == "Revocation" else said)


def identity(**facts):
    """Who the plugin is."""
    return answering("Identity", "describe", facts)


def matching(*rules):
    """Which servers it serves."""
    return answering("Matching", "rules", rules)


def rule(variant_id, *conditions):
    """A rule of an ordinary plugin."""
    return {"conditions": conditions, "variant_id": variant_id, "priority": 100, "ask": False, "inputs": []}


def server_host(host):
    """The server's host is this."""
    return {"field": "server-host", "comparison": "exact", "value": host}


def scope(name, title, **more):
    """A scope that is not asked for unless something needs it."""
    standard = {"description": "", "implies": [], "asked_by_default": False, "risk": "low", "review_needed": False}
    return {"name": name, "title": title, **standard, **more}


def errors(*rows):
    """What errors mean; the first row that holds decides."""
    return answering("Errors", "table", rows)


def row(code, error_class, message, **more):
    """A row of the error table: by the error's name, or with code None by contains="text in the body"."""
    return {"code": code, "fault": fault(error_class, message), **more}


def fault(error_class, message=None, **more):
    """An error as a person reads it."""
    return {"class_": error_class, "message": message, **more}


def refusal(error_class, message=None, **more):
    """What a function raises that may refuse: raise refusal("user-denied", "…")."""
    return Err(build(types.Fault, fault(error_class, message, **more)))


def template(text):
    """Text in which {…} stands for a slot: {redirect-uri}, {client-id}, {input:tenant}, {access-token}, {random:32}."""
    pieces = []
    for piece in filter(None, re.split(r"(\{[a-z-]+(?::[^}]+)?\})", text)):
        slot = re.fullmatch(r"\{([a-z-]+)(?::([^}]+))?\}", piece)
        if slot is None:
            pieces.append(("literal", piece))
        else:
            name, key = slot.groups()
            key = key or ("main" if name.endswith("-token") else None)
            pieces.append(("slot", (name, int(key) if name == "random" else key)))
    return pieces


def param(name, text):
    """A parameter or header; slots may stand in its value."""
    return {"name": name, "value": template(text)}


def endpoint(kind, url):
    """An endpoint for servers whose metadata does not name one; slots may stand in its address."""
    return {"kind": kind, "url": template(url), "mode": "fill"}


def inputs(*asked):
    """What a person must give: key, title and so on, each a dict."""
    standard = {"help": "", "pattern": "", "choices": [], "required": True, "secret": False, "visible_when": []}
    return answering("Inputs", "inputs", [{**standard, **one} for one in asked])


def plan(url, **deviations):
    """A request that the hub makes. Slots may stand in the url."""
    standard = {
        "method": "get", "query": [], "headers": [], "body": "none", "tokens": [], "captures": [], "accept": [],
    }
    return {**standard, "url": template(url), **deviations}


def send(url, state="", **deviations):
    """An answer of Flow.next: the hub sends this request and calls again. Slots may stand in the url."""
    return flow_step(("send", plan(url, **deviations)), state)


def done(**outcome):
    """An answer of Flow.next: that was the last request."""
    return flow_step(("done", {"captured": [], **outcome}))


def flow_step(action, state=""):
    """An answer of Flow.next: ("choose", {…}) and ("fail", fault(…)) are actions too."""
    return answer("Flow", "next", {"action": action, "state": state})


def setup(*guides):
    """Guides to a client made by hand; the first is the recommended one."""
    return answering("Setup", "guides", guides)


def step(text, field=None, value=None):
    """A step of a guide; with a field, the value goes there and can be copied."""
    filled = None if value is None else template(value)
    return {"text": text, "field": field, "value": filled, "copyable": value is not None}


def guide(title, console_url, checked_on, *steps, **more):
    """A guide that ends with a client id and a client secret; checked_on is when the page was last looked at."""

    def output(kind, label, pattern):
        shown_once = kind == "client-secret"
        where = "On the application's page"
        return {
            "kind": kind, "label": label, "where_shown": where, "pattern": pattern, "shown_once": shown_once,
            "required": True,
        }

    return {
        "id": title.lower().replace(" ", "-"), "title": title, "when_to_choose": "",
        "console_url": template(console_url), "prerequisites": [], "steps": steps,
        "outputs": [
            output("client-id", "Client ID", "[!-~]{4,512}"),
            output("client-secret", "Client secret", "[!-~]{8,512}"),
        ],
        "redirect_rule": "The redirect URI must be listed there, character by character.",
        "switches": [], "limits": [], "later": [], "checked_on": checked_on, **more,
    }
