"""The App Store's notifications (version 2): verified, stored and queued with everybody else's events."""

from typing import Any

from appstoreserverlibrary.models.JWSTransactionDecodedPayload import JWSTransactionDecodedPayload
from appstoreserverlibrary.models.ResponseBodyV2DecodedPayload import ResponseBodyV2DecodedPayload

from billing.apple.client import Forged, verified
from billing.purchases.events import store_event


def notification_in(signed_payload: str) -> ResponseBodyV2DecodedPayload:
    """What Apple tells. Raises Forged."""
    notification: ResponseBodyV2DecodedPayload = verified(lambda by: by.verify_and_decode_notification(signed_payload))
    if not notification.notificationUUID or not notification.rawNotificationType:
        raise Forged("a notification without its id or its type")
    return notification


def transaction_in(notification: ResponseBodyV2DecodedPayload) -> JWSTransactionDecodedPayload | None:
    """The transaction that it is about; None for a test, a summary and whatever else is about no purchase."""
    signed = notification.data.signedTransactionInfo if notification.data else None
    if not signed:
        return None
    return verified(lambda by: by.verify_and_decode_signed_transaction(signed))


def subject_of(notification: ResponseBodyV2DecodedPayload) -> str:
    transaction = transaction_in(notification)
    return (transaction.originalTransactionId or "") if transaction else ""


def keep(notification: ResponseBodyV2DecodedPayload) -> None:
    """Store it, once, and queue it where it is about a purchase. Raises Forged."""
    transaction = transaction_in(notification)
    parts = [notification.rawNotificationType or "", notification.rawSubtype or ""]
    store_event(
        provider="apple",
        event_id=notification.notificationUUID or "",
        kind=".".join(part for part in parts if part),
        subject=(transaction.originalTransactionId or "") if transaction else "",
        payload=_kept(notification, transaction),
    )


def _kept(
    notification: ResponseBodyV2DecodedPayload, transaction: JWSTransactionDecodedPayload | None
) -> dict[str, Any]:
    """What support may want to see of it. Neither the buyer's account nor what they paid."""
    data, summary = notification.data, notification.summary
    said = {
        "signed_date": notification.signedDate,
        "environment": data.rawEnvironment if data else None,
        "status": data.rawStatus if data else None,
        "consumption_reason": data.rawConsumptionRequestReason if data else None,
        "transaction_id": transaction.transactionId if transaction else None,
        "product_id": transaction.productId if transaction else None,
        "expires_date": transaction.expiresDate if transaction else None,
        "revocation_date": transaction.revocationDate if transaction else None,
        "request_id": summary.requestIdentifier if summary else None,
        "succeeded": summary.succeededCount if summary else None,
        "failed": summary.failedCount if summary else None,
    }
    return {name: value for name, value in said.items() if value is not None}
