from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from accounts.profile.api import StrictSerializer
from accounts.sessions.api import own_session
from billing.models import Product, Provider
from billing.offers import queries, services
from billing.offers.rules import PROVIDER_OF, Subscription
from billing.stripe import services as stripe
from billing.viewer import viewer_of
from streaming.api.pagination import CursorPages
from streaming.api.params import choice_param
from streaming.lib import clock
from streaming.lib.errors import Code, DomainError

PROOF_LENGTH = 20_000


class PriceSerializer(serializers.Serializer[Any]):
    amount = serializers.IntegerField(help_text="In the smallest unit of the currency.")
    currency = serializers.CharField(help_text="ISO 4217.")


class OfferingSerializer(serializers.ModelSerializer[Product]):
    price = serializers.SerializerMethodField(help_text="Null where the store of the platform says the price.")

    class Meta:
        model = Product
        fields = ["uid", "provider", "external_id", "name", "tier", "period", "price", "trial_days"]
        read_only_fields = fields

    @extend_schema_field(PriceSerializer(allow_null=True))
    def get_price(self, product: Product) -> Any:
        return None if product.amount is None else {"amount": product.amount, "currency": product.currency}


class OfferingPages(CursorPages):
    ordering = ("rank", "pk")


class OfferingsView(ListAPIView[Product]):
    permission_classes = (AllowAny,)
    serializer_class = OfferingSerializer
    pagination_class = OfferingPages

    @extend_schema(
        operation_id="listOfferings",
        parameters=[OpenApiParameter("platform", enum=sorted(PROVIDER_OF), description="web when left out.")],
        tags=["subscription"],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What is for sale on a platform, in the market of who asks."""
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> Any:
        platform = choice_param(self.request, "platform", PROVIDER_OF) or "web"
        return queries.offerings(platform=platform, market=viewer_of(self.request).market)


class BoughtProductSerializer(serializers.ModelSerializer[Product]):
    class Meta:
        model = Product
        fields = ["uid", "name", "tier", "period"]
        read_only_fields = fields


class ManageSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=["portal", "link"], help_text="portal: ask for an address each time.")
    url = serializers.URLField(allow_null=True)


@extend_schema_field({"oneOf": [{"$ref": "#/components/schemas/Provider"}, {"type": "null"}]})
class ProviderOrNone(serializers.ChoiceField):
    """The generator leaves the null of a named choice out."""


class SubscriptionSerializer(serializers.Serializer[Any]):
    """One shape whoever the provider is."""

    state = serializers.ChoiceField(
        choices=[
            "none",
            "granted",
            "trialing",
            "active",
            "ending",
            "past_due",
            "paused",
            "incomplete",
            "ended",
            "revoked",
        ]
    )
    provider = ProviderOrNone(choices=Provider.choices, allow_null=True)
    product = BoughtProductSerializer(allow_null=True)
    renews_at = serializers.DateTimeField(allow_null=True)
    ends_at = serializers.DateTimeField(allow_null=True)
    payment_problem = serializers.BooleanField()
    manage = ManageSerializer(allow_null=True)
    also_paid_through = serializers.ListField(child=serializers.ChoiceField(choices=Provider.choices))


def _answer(user: User, status: int = 200) -> Response:
    return Response(SubscriptionSerializer(_shape(queries.my_subscription(user, clock.now()))).data, status=status)


def _shape(found: Subscription) -> dict[str, Any]:
    purchase = found.purchase
    manage = None
    if purchase is not None:
        url = queries.manage_url(purchase)
        manage = {"kind": "portal" if purchase.provider == Provider.STRIPE else "link", "url": url}
    return {
        "state": found.state,
        "provider": purchase.provider if purchase else None,
        "product": purchase.product if purchase else None,
        "renews_at": found.renews_at,
        "ends_at": found.ends_at,
        "payment_problem": found.payment_problem,
        "manage": manage,
        "also_paid_through": found.also_paid_through,
    }


class ChangeSerializer(StrictSerializer):
    """Exactly one of the two."""

    renews = serializers.BooleanField(required=False, help_text="false: cancel at the end of the paid period.")
    product = serializers.UUIDField(required=False, help_text="Change to this product of the offerings.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) != 1:
            raise serializers.ValidationError("Send either renews or product.")
        return attrs


class SubscriptionView(APIView):
    @extend_schema(operation_id="getSubscription", responses=SubscriptionSerializer, tags=["subscription"])
    def get(self, request: Request) -> Response:
        """What I pay for, until when, and where I manage it."""
        return _answer(User.objects.get(pk=viewer_of(request).known_user_id))

    @extend_schema(
        operation_id="changeSubscription",
        request=ChangeSerializer,
        responses=SubscriptionSerializer,
        tags=["subscription"],
    )
    def patch(self, request: Request) -> Response:
        """Cancel at the end of the paid period, take that back, or change the plan. Not what Apple or Google sold."""
        asked = ChangeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        user = own_session(request).user
        services.change_subscription(user=user, renews=given.get("renews"), product_uid=given.get("product"))
        return _answer(user)


class CheckoutSerializer(StrictSerializer):
    product = serializers.UUIDField()


class CheckoutAnswerSerializer(serializers.Serializer[Any]):
    url = serializers.URLField(help_text="Go there; it comes back to /subscription?checkout=done.")
    expires_at = serializers.DateTimeField()


class CheckoutView(APIView):
    @extend_schema(
        operation_id="startCheckout",
        request=CheckoutSerializer,
        responses={201: CheckoutAnswerSerializer},
        parameters=[
            OpenApiParameter("Idempotency-Key", location="header", required=True, description="8 to 64 characters.")
        ],
        tags=["subscription"],
    )
    def post(self, request: Request) -> Response:
        """Where to pay on the web. With the same key the same answer; while one is open, any key gets it."""
        asked = CheckoutSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        checkout = services.start_checkout(
            user=own_session(request).user,
            product_uid=asked.validated_data["product"],
            idempotency_key=_idempotency_key(request),
            site=request.build_absolute_uri("/"),
        )
        return Response(CheckoutAnswerSerializer(checkout).data, status=201)


def _idempotency_key(request: Request) -> str:
    key = request.headers.get("Idempotency-Key", "")
    if not (8 <= len(key) <= 64 and key.isascii() and key.isprintable()):
        raise DomainError(
            Code.IDEMPOTENCY_KEY_MISSING, "Send an Idempotency-Key of 8 to 64 characters, made anew for each purchase."
        )
    return key


class PortalAnswerSerializer(serializers.Serializer[Any]):
    url = serializers.URLField(help_text="Good for some minutes.")


class PortalView(APIView):
    @extend_schema(
        operation_id="openPortal", request=None, responses={201: PortalAnswerSerializer}, tags=["subscription"]
    )
    def post(self, request: Request) -> Response:
        """Where I change my card and see my invoices."""
        url = stripe.open_portal(user=own_session(request).user, site=request.build_absolute_uri("/"))
        return Response({"url": url}, status=201)


class ClaimSerializer(StrictSerializer):
    provider = serializers.ChoiceField(choices=[Provider.APPLE.value, Provider.GOOGLE.value])
    proof = serializers.CharField(
        max_length=PROOF_LENGTH, help_text="Apple: the transaction's jwsRepresentation; Google: the purchase token."
    )


class PurchasesView(APIView):
    @extend_schema(
        operation_id="claimPurchase", request=ClaimSerializer, responses=SubscriptionSerializer, tags=["subscription"]
    )
    def post(self, request: Request) -> Response:
        """What an app has just bought. Checked with its store; sending it again changes nothing."""
        asked = ClaimSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        user = own_session(request).user
        services.claim_purchase(user=user, **asked.validated_data)
        return _answer(user)


class RestoreSerializer(StrictSerializer):
    provider = serializers.ChoiceField(
        choices=[Provider.APPLE.value, Provider.GOOGLE.value], required=False, help_text="Whose proofs these are."
    )
    proofs = serializers.ListField(
        child=serializers.CharField(max_length=PROOF_LENGTH),
        required=False,
        max_length=services.MAX_PROOFS,
        default=list,
    )


class RestoreView(APIView):
    @extend_schema(
        operation_id="restorePurchases",
        request=RestoreSerializer,
        responses=SubscriptionSerializer,
        tags=["subscription"],
    )
    def post(self, request: Request) -> Response:
        """Look again for everything I have bought: what the app's store shows, and what Stripe knows of me."""
        asked = RestoreSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        user = own_session(request).user
        given = asked.validated_data
        services.restore(user=user, provider=given.get("provider", ""), proofs_given=given["proofs"])
        return _answer(user)
