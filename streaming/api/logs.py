"""Adds the request id to every log record; the formatter writes them as one JSON object a line."""

import logging

from streaming.api.request_id import current_request_id


class RequestIdFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current_request_id()
        return True
