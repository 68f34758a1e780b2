"""Events in a burst: what one answer says is not asked for again."""

from billing.models import ProviderEvent
from billing.purchases import events
from tests.fakes.stripe import delivery


def waiting():
    return sorted(ProviderEvent.objects.filter(processed_at=None).values_list("type", flat=True))


def process(kind):
    events.process_event(event_pk=ProviderEvent.objects.get(type=kind).pk)


def bought(shop, api_as, bob, month):
    """A purchase of which three events have arrived, and none is worked off."""
    shop.buy(api_as(bob), month)
    told = {"invoice.paid", "customer.subscription.created", "checkout.session.completed"}
    shop.stripe.undelivered = [event for event in shop.stripe.undelivered if event["type"] in told]
    delivery.flush(shop.stripe, shop.deliver)


def test_what_a_purchase_brings_in_one_go_is_asked_for_once(shop, api_as, bob, month):
    bought(shop, api_as, bob, month)

    shop.advance(seconds=1)
    process("invoice.paid")

    assert waiting() == []
    assert shop.tier(bob) == "paid"


def test_a_charges_event_answers_for_the_subscriptions_own(shop, api_as, bob, month):
    bought(shop, api_as, bob, month)
    [charge] = shop.stripe.all_of("charge")
    shop.stripe.tell("charge.succeeded", charge)
    delivery.flush(shop.stripe, shop.deliver)

    shop.advance(seconds=1)
    process("charge.succeeded")

    assert waiting() == []
    assert shop.tier(bob) == "paid"


def test_what_comes_after_the_question_is_asked_for_again(shop, api_as, bob, month):
    bought(shop, api_as, bob, month)

    # At the very moment of the question: whether the answer knows of it can't be said.
    process("invoice.paid")

    assert waiting() == ["checkout.session.completed", "customer.subscription.created"]


def test_while_the_provider_is_away_nothing_is_answered(shop, api_as, bob, month):
    bought(shop, api_as, bob, month)
    shop.stripe.answers = False

    shop.advance(seconds=1)
    process("invoice.paid")

    assert len(waiting()) == 3
