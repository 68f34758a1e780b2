"""A certificate authority shaped as Apple's: root, intermediate and leaf, with the marks that Apple's carry."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID, ObjectIdentifier

LEAF = "1.2.840.113635.100.6.11.1"
INTERMEDIATE = "1.2.840.113635.100.6.2.1"
# Long enough for every clock that tests set.
BEGINS, ENDS = datetime(2020, 1, 1, tzinfo=UTC), datetime(2049, 1, 1, tzinfo=UTC)


class Authority:
    """Signs what the App Store signs. `responder` is the OCSP address that its
    certificates name; without one they name none."""

    def __init__(self, name: str = "Stand-in", *, responder: str = "", leaf_mark: str = LEAF) -> None:
        self._responder = responder
        root_key = ec.generate_private_key(ec.SECP384R1())
        middle_key = ec.generate_private_key(ec.SECP384R1())
        self._key = ec.generate_private_key(ec.SECP256R1())
        root_name, middle_name = _name(f"{name} Root CA"), _name(f"{name} Intermediate CA")
        root = self._certificate(root_name, root_key, root_name, root_key, is_ca=True)
        middle = self._certificate(middle_name, middle_key, root_name, root_key, is_ca=True, mark=INTERMEDIATE)
        leaf = self._certificate(_name(f"{name} Receipts"), self._key, middle_name, middle_key, mark=leaf_mark)
        self.root = root.public_bytes(serialization.Encoding.DER)
        self._issuers = [(leaf, middle, middle_key), (middle, root, root_key)]
        self._chain = [
            base64.b64encode(made.public_bytes(serialization.Encoding.DER)).decode() for made in (leaf, middle, root)
        ]

    def sign(self, payload: dict[str, Any]) -> str:
        return jwt.encode(payload, self._key, algorithm="ES256", headers={"x5c": self._chain})

    def ocsp_answer(self, asked: bytes, *, is_good: bool) -> bytes:
        """What the responder says of a certificate of ours, signed by who issued it."""
        serial = ocsp.load_der_ocsp_request(asked).serial_number
        found, issuer, key = next(known for known in self._issuers if known[0].serial_number == serial)
        now = datetime.now(UTC)
        state = ocsp.OCSPCertStatus.GOOD if is_good else ocsp.OCSPCertStatus.REVOKED
        made = ocsp.OCSPResponseBuilder().add_response(
            cert=found, issuer=issuer, algorithm=hashes.SHA256(), cert_status=state, this_update=now,
            next_update=now + timedelta(hours=1), revocation_time=None if is_good else now, revocation_reason=None,
        )  # fmt: skip
        made = made.responder_id(ocsp.OCSPResponderEncoding.HASH, issuer)
        return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)

    def _certificate(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        issuer: x509.Name,
        issuer_key: ec.EllipticCurvePrivateKey,
        *,
        is_ca: bool = False,
        mark: str = "",
    ) -> x509.Certificate:
        public, signer = key.public_key(), issuer_key.public_key()
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(BEGINS)
            .not_valid_after(ENDS)
            .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
            .add_extension(_usage(is_ca), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer), critical=False)
        )
        if mark:
            made = made.add_extension(x509.UnrecognizedExtension(ObjectIdentifier(mark), b"\x05\x00"), critical=False)
        if self._responder and subject != issuer:
            where = x509.UniformResourceIdentifier(self._responder)
            access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, where)
            made = made.add_extension(x509.AuthorityInformationAccess([access]), critical=False)
        return made.sign(issuer_key, hashes.SHA256())


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _usage(is_ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_ca, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=is_ca, crl_sign=is_ca, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def payload_of(signed: str) -> dict[str, Any]:
    """What a signed text says, unchecked."""
    body = signed.split(".")[1]
    said: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return said
