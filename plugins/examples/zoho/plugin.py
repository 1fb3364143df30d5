"""Logins at Zoho. The quirks and their sources are in the README beside this."""

import mcphub
from mcphub import endpoint, param, row, rule, scope, shape, step, template
from wit_world import exports
from wit_world.exports import flow

CENTRES = {"com": "United States", "eu": "Europe", "in": "India", "com.au": "Australia", "jp": "Japan"}

Identity = mcphub.identity(
    id="zoho",
    version="0.1.0",
    title="Zoho",
    description="Logins at Zoho, in any of its data centres",
    homepage="https://www.zoho.com/accounts/protocol/oauth.html",
    hosts=[f"accounts.zoho.{centre}" for centre in CENTRES] + ["api-console.zoho.com"],
)

# Whose server it is cannot be told by its address: a person names this plugin with oauth.provider.
Matching = mcphub.matching({**rule("own"), "ask": True})

Inputs = mcphub.inputs(
    {
        "key": "centre",
        "title": "Data centre",
        "help": "The end of the address at which you sign in to Zoho.",
        "choices": [{"name": centre, "value": title} for centre, title in CENTRES.items()],
        "default": "com",
    }
)

ACCOUNTS = "https://accounts.zoho.{input:centre}"

Metadata = mcphub.profile(
    "Metadata",
    discovery="none",
    issuer=template(ACCOUNTS),
    endpoints=[
        endpoint("authorization", f"{ACCOUNTS}/oauth/v2/auth"),
        endpoint("token", f"{ACCOUNTS}/oauth/v2/token"),
        endpoint("revocation", f"{ACCOUNTS}/oauth/v2/token/revoke"),
    ],
)

Registration = mcphub.profile("Registration", preference=["setup"])

# A refresh token comes with the first consent only, unless consent is asked for again.
Authorization = mcphub.profile(
    "Authorization",
    pkce="unsupported",
    extra=[param("access_type", "offline"), param("prompt", "consent")],
)

Scopes = mcphub.profile(
    "Scopes",
    separator=",",
    answer_separators=" ,",
    offline="nothing",
    catalogue=[scope("AaaServer.profile.READ", "Read the profile", asked_by_default=True)],
)

TokenRequest = mcphub.profile("TokenRequest", shape=shape(authentication="post"))

TokenResponse = mcphub.profile("TokenResponse", captures=[{"key": "api-domain", "at": "/api_domain"}])

# The refresh token stays the same for good.
Refresh = mcphub.profile("Refresh", rotation="none", shape=shape(authentication="post"))

# One token ends both; the client is not asked for.
Revocation = mcphub.profile("Revocation", tokens="refresh-token", authentication="nothing")

Setup = mcphub.setup(
    mcphub.guide(
        "Server-based application",
        "https://api-console.zoho.com/",
        "2026-08-21",
        step("Add Client → Server-based Applications.", "Client Name", "MCPHub"),
        step("Enter the redirect URI.", "Authorized Redirect URIs", "{redirect-uri}"),
        step("Client Secret: copy the client ID and the client secret. Settings: switch the other data centres on."),
    )
)

Errors = mcphub.errors(
    row("invalid_code", "reauth-required", "Zoho has ended this login"),
    row("invalid_client_secret", ("client-config-wrong", "secret"), "Zoho does not accept the client secret"),
    row("invalid_redirect_uri", ("client-config-wrong", "redirect-uri"), "the redirect URI is not listed at Zoho"),
)


class Flow(exports.Flow):
    """Where the account is, told by the address of its API."""

    def operations(self):
        return [flow.Operation.LOOKUP]

    def next(self, context, operation, number, state, last):
        domains = [pair.value for pair in context.captured if pair.name == "api-domain"]
        label = next((CENTRES.get(domain.split(".zohoapis.")[-1]) for domain in domains), None)
        return mcphub.done(account_label=label)
