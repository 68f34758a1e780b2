"""The stand-in's objects against the types of Stripe's own library: names, literals and what may not be missing."""

import typing

import pytest
import stripe
from stripe.params._webhook_endpoint_create_params import WebhookEndpointCreateParams

TYPES = {
    "customer": stripe.Customer,
    "product": stripe.Product,
    "price": stripe.Price,
    "subscription": stripe.Subscription,
    "invoice": stripe.Invoice,
    "invoice_payment": stripe.InvoicePayment,
    "payment_intent": stripe.PaymentIntent,
    "payment_method": stripe.PaymentMethod,
    "charge": stripe.Charge,
    "refund": stripe.Refund,
    "dispute": stripe.Dispute,
    "checkout.session": stripe.checkout.Session,
    "billing_portal.session": stripe.billing_portal.Session,
    "radar.early_fraud_warning": stripe.radar.EarlyFraudWarning,
    "event": stripe.Event,
}


def fields(kind):
    """The fields of a type of the library, by name: (their types without None, whether they may be missing)."""
    known = {}
    for name, hint in kind.__annotations__.items():
        if typing.get_origin(hint) is typing.ClassVar:
            continue
        types = [hint] if typing.get_origin(hint) is not typing.Union else list(typing.get_args(hint))
        known[name] = ([one for one in types if one is not type(None)], type(None) in types)
    return known


def faults(kind, value, at):
    """What is wrong with a value of this type, as sentences."""
    known = fields(kind)
    said = [f"{at}.{name} is no field" for name in value if name not in known]
    said += [f"{at}.{name} is missing" for name, (_, optional) in known.items() if not optional and name not in value]
    for name, (types, optional) in known.items():
        if name in value:
            said += fault_of(types, optional, value[name], f"{at}.{name}")
    return said


def fault_of(types, optional, found, at):
    if found is None:
        return [] if optional else [f"{at} is null"]
    if len(types) != 1:
        return []
    [kind] = types
    if typing.get_origin(kind) is typing.Literal:
        return [] if found in typing.get_args(kind) else [f"{at} is {found!r}"]
    if kind in (str, int, bool):
        return [] if type(found) is kind else [f"{at} is no {kind.__name__}"]
    if isinstance(kind, type) and issubclass(kind, stripe.StripeObject) and isinstance(found, dict):
        return faults(kind, found, at)
    return []


@pytest.fixture
def life(shop, api_as, bob, month):
    """A subscription that has seen everything, so that there is one object of each kind."""
    uid = shop.buy(api_as(bob), month)
    api_as(bob).post("/api/v1/me/subscription/portal")
    shop.stripe.warn_of_fraud(uid)
    shop.stripe.dispute(uid)
    shop.stripe.refund(uid)
    shop.advance(days=31)
    return shop.stripe


@pytest.mark.parametrize("kind", TYPES)
def test_an_object_is_as_stripes_library_types_it(life, kind):
    objects = [*life.objects.values(), *life.events]

    of_kind = [found for found in objects if found["object"] == kind]

    assert of_kind
    assert [fault for found in of_kind for fault in faults(TYPES[kind], found, kind)] == []


def test_every_event_is_one_that_stripe_sends(life):
    [sent] = typing.get_args(WebhookEndpointCreateParams.__annotations__["enabled_events"])

    assert {event["type"] for event in life.events} <= set(typing.get_args(sent))
