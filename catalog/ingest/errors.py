"""Why an ingest stopped."""

import errno

DISK_FULL = "The worker's disk is full; the job is tried again."
STORAGE_UNAVAILABLE = "The store does not answer; the job is tried again."
STORAGE_REFUSED = (
    "The store refuses us: its keys or buckets are set up wrongly. Nothing is wrong with the file. Tell whoever runs "
    "the service; the job is tried again."
)
STORAGE_FULL = (
    "The store is full. Nothing is wrong with the file. Tell whoever runs the service; the job is tried again."
)
UNEXPECTED = "Something unexpected stopped the worker; the job is tried again."


class IngestError(Exception):
    """The file can't become an asset, however often it is tried; the message tells an editor what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class IngestInterrupted(Exception):
    """Something around the file failed (storage, memory, disk); the same file can work later."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class ClaimLost(Exception):
    """Another worker has this job now, or somebody cancelled it: stop, and publish nothing."""


def is_full(error: BaseException) -> bool:
    """Whether the disk, or what may be used of it, is full."""
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
