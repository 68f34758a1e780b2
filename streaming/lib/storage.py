"""Cloudflare R2 through its S3 interface: one place with the timeouts, and one exception when it can't be reached."""

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


class StorageUnavailable(Exception):
    """R2 did not answer, or answered with an error of its own; trying again later can help."""


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
def _translated(key: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code")
        if code in ("404", "NoSuchKey", "NoSuchUpload", "NotFound"):
            raise NoSuchObject(key) from error
        if code in ("InvalidPart", "InvalidPartOrder", "EntityTooSmall", "InvalidRequest", "MalformedXML"):
            raise PartsRefused(key) from error
        raise StorageUnavailable(key) from error
    except (BotoCoreError, Boto3Error) as error:
        raise StorageUnavailable(key) from error


def presign_put(*, bucket: str, key: str, content_type: str) -> str:
    """A URL that takes one PUT of `key` with exactly this Content-Type, for an hour. Signed here, nothing is asked."""
    return client().generate_presigned_url(
        "put_object",
        Params={"Bucket": bucket, "Key": key, "ContentType": content_type},
        ExpiresIn=PRESIGNED_SECONDS,
    )


def start_parts(*, bucket: str, key: str, content_type: str) -> str:
    """Begin an upload in parts; its id. R2 itself drops what is not completed within 7 days.

    Raises StorageUnavailable.
    """
    with _translated(key):
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
    with _translated(key):
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
    with _translated(key):
        client().complete_multipart_upload(
            Bucket=bucket,
            Key=key,
            UploadId=upload_id,
            MultipartUpload={"Parts": parts},  # type: ignore[typeddict-item]  # a list of the same shape
        )


def abort_parts(*, bucket: str, key: str, upload_id: str) -> None:
    """Drop the upload and the parts that have arrived; nothing happens when it is gone. Raises StorageUnavailable."""
    try:
        with _translated(key):
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
    with _translated(key):
        return client().head_object(Bucket=bucket, Key=key)["ContentLength"]


def download(*, bucket: str, key: str, path: Path, on_bytes: Callable[[int], None] | None = None) -> None:
    """Fetch the object into `path`; what `on_bytes` raises when it is told of some more bytes ends that.

    Of a download that did not get to its end no file is left. Raises NoSuchObject, StorageUnavailable.
    """
    # Not download_file: where its callback raises, it forgets connections that are in the middle of an answer.
    with _translated(key), closing(client().get_object(Bucket=bucket, Key=key)["Body"]) as body:
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
    with _translated(key):
        client().upload_file(str(path), bucket, key, ExtraArgs={"ContentType": content_type, **more})


def delete_prefix(*, bucket: str, prefix: str) -> int:
    """Delete every object below the prefix; returns how many. Raises StorageUnavailable."""
    deleted = 0
    with _translated(prefix):
        for page in client().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for item in page.get("Contents", []):
                client().delete_object(Bucket=bucket, Key=item["Key"])
                deleted += 1
    return deleted
