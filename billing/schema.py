"""Tells the OpenAPI schema how to sign in."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension


class ViewerAuthenticationScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers itself
    target_class = "billing.authentication.ViewerAuthentication"
    name = "accessToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
