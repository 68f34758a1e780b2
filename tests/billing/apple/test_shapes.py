"""The stand-in says what Apple's own typed classes know, each field of it."""

import pytest
import requests
from appstoreserverlibrary.models.JWSRenewalInfoDecodedPayload import JWSRenewalInfoDecodedPayload
from appstoreserverlibrary.models.JWSTransactionDecodedPayload import JWSTransactionDecodedPayload
from appstoreserverlibrary.models.LibraryUtility import _get_cattrs_converter
from appstoreserverlibrary.models.NotificationHistoryRequest import NotificationHistoryRequest
from appstoreserverlibrary.models.NotificationHistoryResponse import NotificationHistoryResponse
from appstoreserverlibrary.models.ResponseBodyV2DecodedPayload import ResponseBodyV2DecodedPayload
from appstoreserverlibrary.models.StatusResponse import StatusResponse

from billing.apple.client import Client
from tests.fakes.apple.ca import payload_of


def is_known(kind, said):
    """Nothing is lost on the way through the class, and no word is one that it does not know."""
    converter = _get_cattrs_converter(kind)
    typed = converter.structure(said, kind)
    unknown = [
        name for name in said if hasattr(typed, f"raw{name[0].upper()}{name[1:]}") and getattr(typed, name) is None
    ]
    return converter.unstructure(typed) == said and not unknown


@pytest.fixture
def lived(app_store, bob):
    """A store in which everything has happened once."""
    store = app_store.store
    store.grace_days = 16
    uid = store.buy("premium.monthly", account=bob.uid, offerType=1, offerDiscountType="FREE_TRIAL")
    store.set_renewal(uid, False)
    store.set_renewal(uid, True)
    store.downgrade(uid, "premium.yearly")
    store.downgrade(uid, "")
    store.subscriptions[uid].pays = False
    app_store.advance(days=40)
    store.recover(uid)
    store.upgrade(uid, "premium.yearly")
    store.extend(uid, 3)
    store.refund(uid, percentage=40)
    store.reverse_refund(uid)
    store.refund(uid)
    shared = store.buy("premium.monthly", is_family=True, environment="Sandbox")
    store.revoke_family(shared)
    late = store.buy("premium.monthly")
    store.subscriptions[late].pays = False
    app_store.advance(days=200)
    store.tell("TEST")
    return app_store


def test_each_notification_is_apples(lived):
    for _, _, signed in lived.store.history:
        said = payload_of(signed)
        assert is_known(ResponseBodyV2DecodedPayload, said), said


def test_each_transaction_and_renewal_is_apples(lived):
    parts = [payload_of(signed).get("data", {}) for _, _, signed in lived.store.history]
    transactions = [payload_of(part["signedTransactionInfo"]) for part in parts if "signedTransactionInfo" in part]
    renewals = [payload_of(part["signedRenewalInfo"]) for part in parts if "signedRenewalInfo" in part]

    assert len(transactions) == len(renewals) > 15
    for said in transactions:
        assert is_known(JWSTransactionDecodedPayload, said), said
    for said in renewals:
        assert is_known(JWSRenewalInfoDecodedPayload, said), said


def test_the_answers_of_the_server_are_apples(lived):
    from appstoreserverlibrary.models.Environment import Environment

    client = Client(Environment.PRODUCTION)
    everything = NotificationHistoryRequest(startDate=0, endDate=2**42)
    for kind, method, path, body in (
        (StatusResponse, "GET", f"subscriptions/{next(iter(lived.store.subscriptions))}", None),
        (NotificationHistoryResponse, "POST", "notifications/history", client._get_request_json(everything)),
    ):
        address = f"{client._base_url}/inApps/v1/{path}"
        answer = requests.request(method, address, headers=client._get_headers(), json=body, timeout=5)
        assert answer.status_code == 200
        assert is_known(kind, answer.json())


@pytest.mark.parametrize("token", ["", "nonsense"])
def test_without_a_token_the_server_says_nothing(app_store, token):
    address = f"{app_store.settings.APPLE_STORE_API_BASE}/production/inApps/v1/subscriptions/1"

    assert requests.get(address, headers={"Authorization": f"Bearer {token}"}, timeout=5).status_code == 401
