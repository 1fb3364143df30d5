"""Logins at Acme Inc. What is not said here is as the RFCs and the MCP specification say."""

import mcphub
from mcphub import row, rule, scope, server_host, step

Identity = mcphub.identity(
    id="acme",
    version="0.1.0",
    title="Acme Inc",
    description="Logins at Acme Inc",
    # Every host that the plugin may name; a person sees them before trusting it.
    hosts=["@HOSTS@"],
)

Matching = mcphub.matching(rule("mcp", server_host("mcp.acme.example")))

# [guide]
Registration = mcphub.profile("Registration", preference=["setup"])

# The steps are a guess: correct them, and the date, with the provider's page before you.
Setup = mcphub.setup(
    mcphub.guide(
        "Application",
        "https://mcp.acme.example/",
        "2026-01-01",
        step("Create an application.", "Name", "MCPHub"),
        step("Enter the redirect URI.", "Redirect URI", "{redirect-uri}"),
        step("Copy the client ID and the client secret."),
    )
)
# [/guide]

# [pkce]
# The metadata does not list S256: make sure that it works, and write down where that is said.
Authorization = mcphub.profile("Authorization", pkce="supported")
# [/pkce]

# [scopes]
Scopes = mcphub.profile("Scopes", catalogue=[scope(name, name) for name in ["@SCOPES@"]])
# [/scopes]

# A guess: each refresh brings a new refresh token.
Refresh = mcphub.profile("Refresh", rotation="single-use")

Errors = mcphub.errors(row("access_denied", "user-denied", "the sign-in at Acme Inc was cancelled"))
