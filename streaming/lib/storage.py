"""Cloudflare R2 through its S3 interface: one place with the timeouts, one exception when it can't be reached, and one
when it refuses."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from boto3.exceptions import Boto3Error
from botocore.client import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PRESIGNED_SECONDS = 3600
CHUNK_BYTES = 2**20

# A HEAD has no body: there the status is all that is known.
_NOT_FOUND = ("404", "NoSuchKey", "NoSuchUpload", "NotFound")
_PARTS_REFUSED = ("InvalidPart", "InvalidPartOrder", "EntityTooSmall", "InvalidRequest", "MalformedXML")
_NOT_LET_IN = (
    "401", "403", "Unauthorized", "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken",
    "InvalidToken", "NotEntitled", "AllAccessDisabled", "AccountProblem", "InvalidBucketName", "NoSuchBucket",
)  # fmt: skip
# R2 names no code for an account at its limit, so whatever S3's relatives and HTTP say for it counts.
_FULL = ("402", "507", "StorageQuotaExceeded", "QuotaExceeded", "InsufficientStorage", "StorageFull")
_TO_DO = {
    False: "check R2_ACCESS_KEY_ID, R2_SECRET_ACCESS_KEY, what they are allowed, and the names of the buckets",
    True: "raise the limit of the account, or free some space",
}

log = logging.getLogger(__name__)


class StorageUnavailable(Exception):
    """R2 did not answer, or answered with an error of its own; trying again later can help."""


class StorageRefused(StorageUnavailable):
    """R2 answered, and will not have it: a wrong key, a bucket that is not there, or an account that is full.

    Trying again helps once the operator has seen to it, who is told in the log. Whoever need not tell the two
    apart catches StorageUnavailable.
    """

    def __init__(self, key: str, code: str) -> None:
        super().__init__(f"{code}: {key}")
        self.code = code

    @property
    def is_full(self) -> bool:
        return self.code in _FULL


class NoSuchObject(Exception):
    """There is no object at that key."""


class PartsRefused(Exception):
    """The parts do not make up one object: one is missing, was sent again meanwhile, or has the wrong size."""


@cache
def client() -> "S3Client":
    """One client per process; boto3 clients are safe to share between threads."""
    return boto3.client(
        "s3",
        endpoint_url=settings.R2_ENDPOINT_URL,
        aws_access_key_id=settings.R2_ACCESS_KEY_ID,
        aws_secret_access_key=settings.R2_SECRET_ACCESS_KEY,
        region_name="auto",
        config=Config(
            signature_version="s3v4",
            connect_timeout=2,
            read_timeout=20,
            retries={"mode": "standard", "max_attempts": 2},
            s3={"addressing_style": "path"},
            # R2 documents trouble with the checksums that boto3 adds by itself.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


@contextmanager
def _translated(key: str, bucket: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        raise _meaning(error, key, bucket) from error
    except (BotoCoreError, Boto3Error) as error:
        # Large files go through a helper that words R2's answer anew.
        if isinstance(error.__context__, ClientError):
            raise _meaning(error.__context__, key, bucket) from error
        raise StorageUnavailable(key) from error


def _meaning(error: ClientError, key: str, bucket: str) -> Exception:
    code = error.response.get("Error", {}).get("Code", "")
    if code in _NOT_FOUND:
        return NoSuchObject(key)
    if code in _PARTS_REFUSED:
        return PartsRefused(key)
    if code not in _NOT_LET_IN and code not in _FULL:
        return StorageUnavailable(key)
    # For the operator: nobody else can do anything about it.
    log.error("R2 refuses with %s: %s", code, _TO_DO[code in _FULL], extra={"bucket": bucket, "key": key})
    return StorageRefused(key, code)


def presign_put(*, bucket: str, key: str, content_type: str, size_bytes: int | None = None) -> str:
    """A URL that takes one PUT of `key` with exactly this Content-Type, and where it is given this Content-Length, for
    an hour. Signed here, nothing is asked."""
    params = {"Bucket": bucket, "Key": key, "ContentType": content_type}
    length = {} if size_bytes is None else {"ContentLength": size_bytes}
    return client().generate_presigned_url("put_object", Params={**params, **length}, ExpiresIn=PRESIGNED_SECONDS)


def start_parts(*, bucket: str, key: str, content_type: str) -> str:
    """Begin an upload in parts; its id. R2 itself drops what is not completed within 7 days.

    Raises StorageUnavailable.
    """
    with _translated(key, bucket):
        return client().create_multipart_upload(Bucket=bucket, Key=key, ContentType=content_type)["UploadId"]


def presign_part(*, bucket: str, key: str, upload_id: str, number: int) -> str:
    """A URL that takes one PUT of that part, for an hour. Signed here, nothing is asked."""
    return client().generate_presigned_url(
        "upload_part",
        Params={"Bucket": bucket, "Key": key, "UploadId": upload_id, "PartNumber": number},
        ExpiresIn=PRESIGNED_SECONDS,
    )


def list_parts(*, bucket: str, key: str, upload_id: str) -> dict[int, str]:
    """ETags by the number of the part, of those that have arrived. Raises NoSuchObject, StorageUnavailable."""
    found: dict[int, str] = {}
    with _translated(key, bucket):
        try:
            for page in client().get_paginator("list_parts").paginate(Bucket=bucket, Key=key, UploadId=upload_id):
                found |= {part["PartNumber"]: part["ETag"] for part in page.get("Parts", [])}
        except ClientError as error:
            # The local R2 can't list them. Then all are sent again, which is slower and as right.
            if error.response.get("Error", {}).get("Code") != "NotImplemented":
                raise
    return found


def complete_parts(*, bucket: str, key: str, upload_id: str, etags: Mapping[int, str]) -> None:
    """Make the object of its parts.

    Raises PartsRefused, NoSuchObject (it was completed before, or aborted), StorageUnavailable.
    """
    parts = [{"PartNumber": number, "ETag": etags[number]} for number in sorted(etags)]
    with _translated(key, bucket):
        client().complete_multipart_upload(
            Bucket=bucket,
            Key=key,
            UploadId=upload_id,
            MultipartUpload={"Parts": parts},  # type: ignore[typeddict-item]  # a list of the same shape
        )


def abort_parts(*, bucket: str, key: str, upload_id: str) -> None:
    """Drop the upload and the parts that have arrived; nothing happens when it is gone. Raises StorageUnavailable."""
    try:
        with _translated(key, bucket):
            client().abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload_id)
    except NoSuchObject:
        return


def presign_get(*, bucket: str, key: str) -> str:
    """A URL that reads `key`, for an hour. Signed here, nothing is asked."""
    return client().generate_presigned_url(
        "get_object", Params={"Bucket": bucket, "Key": key}, ExpiresIn=PRESIGNED_SECONDS
    )


def size_of(*, bucket: str, key: str) -> int:
    """Bytes of the object. Raises NoSuchObject, StorageUnavailable."""
    try:
        with _translated(key, bucket):
            return client().head_object(Bucket=bucket, Key=key)["ContentLength"]
    except NoSuchObject:
        _check_bucket(key, bucket)
        raise


def _check_bucket(key: str, bucket: str) -> None:
    """A HEAD says no more than 404 of a bucket that is not there: another question has a body in its answer."""
    with _translated(key, bucket):
        client().list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1)


def download(*, bucket: str, key: str, path: Path, on_bytes: Callable[[int], None] | None = None) -> None:
    """Fetch the object into `path`; what `on_bytes` raises when it is told of some more bytes ends that.

    Of a download that did not get to its end no file is left. Raises NoSuchObject, StorageUnavailable.
    """
    # Not download_file: where its callback raises, it forgets connections that are in the middle of an answer.
    with _translated(key, bucket), closing(client().get_object(Bucket=bucket, Key=key)["Body"]) as body:
        try:
            with path.open("wb") as file:
                for chunk in body.iter_chunks(CHUNK_BYTES):
                    file.write(chunk)
                    if on_bytes:
                        on_bytes(len(chunk))
        except BaseException:
            path.unlink(missing_ok=True)
            raise


def upload(*, bucket: str, key: str, path: Path, content_type: str, save_as: str = "") -> None:
    """Store the file; in parts where it is large. A browser saves it under `save_as` instead of showing it.

    Raises StorageUnavailable.
    """
    more = {"ContentDisposition": f'attachment; filename="{save_as}"'} if save_as else {}
    with _translated(key, bucket):
        client().upload_file(str(path), bucket, key, ExtraArgs={"ContentType": content_type, **more})


def delete_prefix(*, bucket: str, prefix: str) -> int:
    """Delete every object below the prefix; returns how many. Raises StorageUnavailable."""
    deleted = 0
    with _translated(prefix, bucket):
        for page in client().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for item in page.get("Contents", []):
                client().delete_object(Bucket=bucket, Key=item["Key"])
                deleted += 1
    return deleted
