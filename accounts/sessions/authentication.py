"""Who asks: simplejwt's authentication layer with our tokens. billing adds the viewer to the same round trip."""

from rest_framework.exceptions import AuthenticationFailed
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import InvalidToken, TokenError
from rest_framework_simplejwt.tokens import Token

from accounts.sessions.tokens import AccessToken


class AccessTokenAuthentication(JWTAuthentication):
    """Bearer access tokens; any other Authorization header is nobody. Subclasses say who `get_user` is."""

    def get_validated_token(self, raw_token: bytes) -> Token:
        try:
            return AccessToken(raw_token)  # type: ignore[arg-type]  # simplejwt's stub says Token, its code takes bytes
        except TokenError:
            raise InvalidToken("The access token is not valid or has expired. Sign in again.") from None


class SessionEnded(AuthenticationFailed):
    default_detail = "The session has ended. Sign in again."
