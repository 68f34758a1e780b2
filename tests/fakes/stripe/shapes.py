"""Objects in the shape in which Stripe's API answers them; tests compare them with the types of Stripe's library."""

from typing import Any

Object = dict[str, Any]


def account() -> Object:
    return {
        "id": "acct_standin", "object": "account", "business_type": "company", "type": "standard", "country": "US",
        "charges_enabled": True, "details_submitted": True, "payouts_enabled": True, "default_currency": "usd",
        "email": "owner@example.com",
    }  # fmt: skip


def customer(uid: str, at: int, *, email: str | None, name: str | None, metadata: Object) -> Object:
    return {
        "id": uid, "object": "customer", "created": at, "livemode": False, "email": email, "name": name,
        "metadata": metadata, "default_source": None, "tax_exempt": "none", "test_clock": None, "address": None,
        "phone": None, "shipping": None, "description": None, "currency": None, "balance": 0, "delinquent": False,
        "invoice_settings": {
            "custom_fields": None, "default_payment_method": None, "footer": None, "rendering_options": None,
        },
    }  # fmt: skip


def product(uid: str, at: int, *, name: str, metadata: Object) -> Object:
    return {
        "id": uid, "object": "product", "created": at, "updated": at, "livemode": False, "active": True, "name": name,
        "metadata": metadata, "default_price": None, "images": [], "marketing_features": [], "tax_code": None,
        "type": "service", "description": None, "shippable": None, "url": None, "statement_descriptor": None,
        "unit_label": None, "package_dimensions": None,
    }  # fmt: skip


def price(uid: str, at: int, product: str, *, amount: int, currency: str, interval: str, metadata: Object) -> Object:
    return {
        "id": uid, "object": "price", "created": at, "livemode": False, "active": True, "billing_scheme": "per_unit",
        "currency": currency, "metadata": metadata, "product": product, "tax_behavior": "unspecified",
        "tiers_mode": None, "type": "recurring", "unit_amount": amount, "unit_amount_decimal": str(amount),
        "nickname": None, "lookup_key": None, "custom_unit_amount": None, "transform_quantity": None,
        "recurring": {
            "interval": interval, "interval_count": 1, "meter": None, "trial_period_days": None,
            "usage_type": "licensed",
        },
    }  # fmt: skip


def plan(of: Object) -> Object:
    """What an item still carries beside its price."""
    return {
        "id": of["id"], "object": "plan", "active": True, "amount": of["unit_amount"],
        "amount_decimal": of["unit_amount_decimal"], "billing_scheme": "per_unit", "created": of["created"],
        "currency": of["currency"], "interval": of["recurring"]["interval"], "interval_count": 1, "livemode": False,
        "metadata": {}, "meter": None, "nickname": None, "product": of["product"], "tiers_mode": None,
        "transform_usage": None, "trial_period_days": None, "usage_type": "licensed",
    }  # fmt: skip


def item(uid: str, at: int, *, subscription: str, price: Object, start: int, end: int) -> Object:
    return {
        "id": uid, "object": "subscription_item", "created": at, "current_period_start": start,
        "current_period_end": end, "discounts": [], "metadata": {}, "plan": plan(price), "price": price, "quantity": 1,
        "subscription": subscription, "tax_rates": [], "billing_thresholds": None,
    }  # fmt: skip


def listing(url: str, data: list[Object], *, has_more: bool = False) -> Object:
    return {"object": "list", "data": data, "has_more": has_more, "url": url}


def subscription(uid: str, at: int, *, customer: str, items: list[Object], metadata: Object) -> Object:
    return {
        "id": uid, "object": "subscription", "application": None, "application_fee_percent": None,
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_cycle_anchor": at, "billing_mode": {"type": "flexible", "flexible": {}, "updated_at": at},
        "billing_cycle_anchor_config": None, "billing_schedules": [], "billing_thresholds": None,
        "cancel_at": None, "cancel_at_period_end": False, "canceled_at": None,
        "cancellation_details": {"comment": None, "feedback": None, "reason": None},
        "collection_method": "charge_automatically", "created": at, "currency": "usd", "customer": customer,
        "days_until_due": None, "default_payment_method": None, "default_source": None, "default_tax_rates": [],
        "description": None, "discounts": [], "ended_at": None,
        "invoice_settings": {"account_tax_ids": None, "issuer": {"type": "self"}},
        "items": listing(f"/v1/subscription_items?subscription={uid}", items), "latest_invoice": None,
        "livemode": False, "metadata": metadata, "next_pending_invoice_item_invoice": None, "on_behalf_of": None,
        "pause_collection": None, "payment_settings": None, "pending_invoice_item_interval": None,
        "pending_setup_intent": None, "pending_update": None, "schedule": None, "start_date": at,
        "status": "incomplete", "test_clock": None, "transfer_data": None, "trial_end": None, "trial_settings": None,
        "trial_start": None,
    }  # fmt: skip


def invoice(uid: str, at: int, *, subscription: Object, reason: str, line: Object) -> Object:
    amount = line["amount"]
    return {
        "id": uid, "object": "invoice", "amount_due": amount, "amount_overpaid": 0, "amount_paid": 0,
        "amount_remaining": amount, "amount_shipping": 0, "application": None, "attempt_count": 0, "attempted": False,
        "automatic_tax": {
            "disabled_reason": None, "enabled": False, "liability": None, "provider": None, "status": None,
        },
        "billing_reason": reason, "collection_method": "charge_automatically", "created": at, "currency": "usd",
        "customer": subscription["customer"], "customer_tax_exempt": "none", "default_payment_method": None,
        "default_source": None, "default_tax_rates": [], "discounts": [], "issuer": {"type": "self"},
        "latest_revision": None, "lines": listing(f"/v1/invoices/{uid}/lines", [line]), "livemode": False,
        "metadata": {}, "on_behalf_of": None, "payment_settings": {
            "default_mandate": None, "payment_method_options": None, "payment_method_types": None,
        },
        "period_end": at, "period_start": at, "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0, "starting_balance": 0, "status": "open",
        "status_transitions": {"finalized_at": at, "marked_uncollectible_at": None, "paid_at": None, "voided_at": None},
        "subtotal": amount, "test_clock": None, "total": amount,
        "parent": {
            "type": "subscription_details", "quote_details": None,
            "subscription_details": {"metadata": {}, "subscription": subscription["id"]},
        },
    }  # fmt: skip


def line(
    uid: str, *, invoice: str, amount: int, subscription: str, item: str, start: int, end: int, prorated: bool = False
) -> Object:
    return {
        "id": uid, "object": "line_item", "amount": amount, "currency": "usd", "description": "Backbeat",
        "discountable": True, "discounts": [], "invoice": invoice, "livemode": False, "metadata": {},
        "period": {"start": start, "end": end}, "subscription": subscription, "subtotal": amount, "quantity": 1,
        "parent": {
            "type": "subscription_item_details", "invoice_item_details": None, "subscription_item_details": {
                "invoice_item": None, "proration": prorated, "proration_details": None, "subscription": subscription,
                "subscription_item": item,
            },
        },
        "pretax_credit_amounts": [], "pricing": None, "taxes": [],
    }  # fmt: skip


def payment_intent(uid: str, at: int, *, amount: int, customer: str, method: str) -> Object:
    return {
        "id": uid, "object": "payment_intent", "amount": amount, "amount_capturable": 0, "amount_received": 0,
        "application": None, "cancellation_reason": None, "capture_method": "automatic",
        "confirmation_method": "automatic", "created": at, "currency": "usd", "customer": customer,
        "latest_charge": None, "livemode": False, "metadata": {}, "on_behalf_of": None, "payment_method": method,
        "payment_method_types": ["card"], "review": None, "setup_future_usage": "off_session", "source": None,
        "status": "requires_payment_method",
    }  # fmt: skip


def charge(uid: str, at: int, *, amount: int, customer: str, intent: str, paid: bool) -> Object:
    return {
        "id": uid, "object": "charge", "amount": amount, "amount_captured": amount if paid else 0, "amount_refunded": 0,
        "application": None, "application_fee": None, "balance_transaction": None, "billing_details": {
            "address": None, "email": None, "name": None, "phone": None, "tax_id": None,
        },
        "captured": paid, "created": at, "currency": "usd", "customer": customer, "disputed": False,
        "failure_balance_transaction": None, "livemode": False, "metadata": {}, "on_behalf_of": None, "paid": paid,
        "payment_intent": intent, "refunded": False, "review": None, "source": None, "source_transfer": None,
        "status": "succeeded" if paid else "failed", "transfer": None,
    }  # fmt: skip


def invoice_payment(uid: str, at: int, *, invoice: str, intent: str, amount: int, status: str) -> Object:
    return {
        "id": uid, "object": "invoice_payment", "amount_paid": amount if status == "paid" else None,
        "amount_requested": amount, "created": at, "currency": "usd", "invoice": invoice, "is_default": True,
        "livemode": False, "payment": {"type": "payment_intent", "payment_intent": intent}, "status": status,
        "status_transitions": {"canceled_at": None, "paid_at": at if status == "paid" else None},
    }  # fmt: skip


def payment_method(uid: str, at: int, *, customer: str) -> Object:
    return {
        "id": uid, "object": "payment_method", "allow_redisplay": "limited", "billing_details": {
            "address": None, "email": None, "name": None, "phone": None, "tax_id": None,
        },
        "created": at, "customer": customer, "livemode": False, "metadata": {}, "type": "card",
    }  # fmt: skip


def refund(uid: str, at: int, *, charge: Object, amount: int) -> Object:
    return {
        "id": uid, "object": "refund", "amount": amount, "balance_transaction": None, "charge": charge["id"],
        "created": at, "currency": "usd", "customer": charge["customer"], "failure_balance_transaction": None,
        "metadata": {}, "payment_intent": charge["payment_intent"], "payment_method": None, "pending_reason": None,
        "reason": "requested_by_customer", "source_transfer_reversal": None, "status": "succeeded",
        "transfer_reversal": None,
    }  # fmt: skip


def dispute(uid: str, at: int, *, charge: Object) -> Object:
    return {
        "id": uid, "object": "dispute", "amount": charge["amount"], "balance_transactions": [], "charge": charge["id"],
        "created": at, "currency": "usd", "enhanced_eligibility_types": [], "evidence": {
            "enhanced_evidence": {
                "mastercard_compliance": None, "visa_compelling_evidence_3": None, "visa_compliance": None,
            },
        },
        "evidence_details": {
            "due_by": at + 7 * 86400, "enhanced_eligibility": {}, "has_evidence": False, "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": False, "livemode": False, "metadata": {}, "payment_intent": charge["payment_intent"],
        "reason": "fraudulent", "status": "needs_response",
    }  # fmt: skip


def fraud_warning(uid: str, at: int, *, charge: Object) -> Object:
    return {
        "id": uid, "object": "radar.early_fraud_warning", "actionable": True, "charge": charge["id"], "created": at,
        "fraud_type": "made_with_stolen_card", "livemode": False, "payment_intent": charge["payment_intent"],
    }  # fmt: skip


def checkout_session(uid: str, at: int, *, url: str, asked: Object) -> Object:
    return {
        "id": uid, "object": "checkout.session", "automatic_tax": {
            "enabled": False, "liability": None, "provider": None, "status": None,
        },
        "billing_address_collection": None, "cancel_url": asked.get("cancel_url"),
        "client_reference_id": asked.get("client_reference_id"), "created": at, "currency": "usd", "custom_fields": [],
        "custom_text": {}, "customer": asked.get("customer"), "customer_creation": None, "expires_at": at + 86_400,
        "invoice": None, "livemode": False, "locale": None, "metadata": asked.get("metadata") or {},
        "mode": "subscription", "origin_context": None, "payment_intent": None, "payment_link": None,
        "payment_method_collection": "always", "payment_method_types": ["card"], "payment_status": "unpaid",
        "redirect_on_completion": None, "setup_intent": None, "shipping_options": [], "status": "open",
        "submit_type": None, "subscription": None, "success_url": asked.get("success_url"), "ui_mode": "hosted_page",
        "url": url,
    }  # fmt: skip


def portal_session(uid: str, at: int, *, customer: str, url: str, return_url: str | None) -> Object:
    return {
        "id": uid, "object": "billing_portal.session", "configuration": "bpc_standin", "created": at,
        "customer": customer, "livemode": False, "locale": None, "return_url": return_url, "url": url,
    }  # fmt: skip


def event(uid: str, at: int, *, kind: str, about: Object, api_version: str) -> Object:
    return {
        "id": uid, "object": "event", "api_version": api_version, "created": at, "data": {"object": about},
        "livemode": False, "pending_webhooks": 1, "request": {"id": None, "idempotency_key": None}, "type": kind,
    }  # fmt: skip
