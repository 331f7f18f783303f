"""The signed payload of a label's QR code, and the verification of a scanned one.

A payload is ``CA1.<body>.<signature>``: the body is the disclosed data as canonical JSON, deflated with a preset dictionary, in base64url; the
signature is Ed25519 over everything before it. The body carries the key's id and a salted hash of the whole record, so that the
enterprise can later open what it did not disclose and prove that it is what was sealed.
"""

from __future__ import annotations

import base64
import errno
import hashlib
import json
import os
import secrets
import zlib
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from carbonacct.errors import InputError, MissingExtraError
from carbonacct.exact import as_date
from carbonacct.labels.label import Label
from carbonacct.messages import say

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

PREFIX = "CA1"
MAX_PAYLOAD = 2300  # bytes of a QR code, version 40 with error correction M, less a link
MAX_BODY = 1_000_000
# What payloads have in common, so that it takes little room; part of the format CA1 and never changed.
DICTIONARY = (
    '"credits":[{"amount":"1000","beneficiary":"有限公司","retired":"2026-01-01","scheme":"CDCER","serials":[1,"series":"CCER"VCU"GEC'
    '"inventory":[{"amount":"","emission":"","item":{"en":"","zh":""},"stage":"raw_materials","unit":"kWh","MJ"kg"m3"},'
    '"accounted_by":{"en":" Certification Co., Ltd.","zh":"认证有限公司"},"approved":{"by":{"en":" Environment Exchange","zh":"环境交易所"},'
    '"date":"2026-"},"boundary":"cradle_to_grave"cradle_to_gate","commitment":"","id":"","key":"","kind":"neutrality"footprint",'
    '"manufacturer":{"code":"91510100MA","name":{"en":" Co., Ltd.","zh":"四川成都有限公司"},"place":{"en":"Chengdu, Sichuan","zh":"四川成都"}},'
    '"neutrality":{"measures":[{"kind":"energy_saving","reduction":"","text":""},{"kind":"energy_substitution"technical_retrofit"}],'
    '"neutral":true,"period":"2025","rate":"1.000","schemes":["CCER","CDCER"],"standard":"ISO 14068-1:2023"},'
    '"product":{"declared_unit":{"en":"1 t of ","zh":"1 吨"},"model":"","name":{"en":"","zh":""}},'
    '"stages":{"distribution":"","end_of_life":"","production":"","raw_materials":"","use":""},"standard":"ISO 14067:2018",'
    '"unit":"kgCO2e","valid_from":"2026-01-01","valid_until":"2027-12-31","value":"'
).encode()
Status = Literal["valid", "unreadable", "unknown_key", "forged", "not_yet_valid", "expired", "withdrawn", "record_differs"]


@dataclass(frozen=True)
class Sealed:
    """A signed label: the payload for the QR code, and the record that the enterprise keeps."""

    label: Label
    payload: str
    record: dict[str, Any]


@dataclass(frozen=True)
class Verification:
    """What a scanned payload proves. label: the disclosed data, given only where the signature holds."""

    status: Status
    label: dict[str, Any] = field(default_factory=dict)
    opened: bool = False  # whether a record was shown and is the one that was sealed

    @property
    def ok(self) -> bool:
        return self.status == "valid"

    def to_dict(self) -> dict[str, Any]:
        return {"ok": self.ok, "status": self.status, "message": str(self), "opened": self.opened, "label": self.label}

    def __str__(self) -> str:
        return say(f"label.status.{self.status}") + (say("label.opened") if self.opened else "")


def _keys() -> Any:
    try:
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ImportError as error:
        raise MissingExtraError(say("label.extra", package="cryptography")) from error
    return ed25519


def new_key() -> Ed25519PrivateKey:
    """A new private key."""
    key: Ed25519PrivateKey = _keys().Ed25519PrivateKey.generate()
    return key


def write_key(key: Ed25519PrivateKey, path: Path) -> Path:
    """Write the private key (readable by its owner only) and beside it the public key ``<path>.pub``; gives the latter's path.

    Raises FileExistsError where either file exists: a key is never overwritten.
    """
    from cryptography.hazmat.primitives import serialization as form

    public = path.with_name(path.name + ".pub")
    if public.exists():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(public))
    write_private(path, key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption()))
    with public.open("xb") as file:
        file.write(key.public_key().public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo))
    return public


def write_private(path: Path, content: bytes) -> None:
    """Write a new file that its owner alone can read. Raises FileExistsError."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)


def read_private(path: Path) -> Ed25519PrivateKey:
    """A private key from its PEM file. Raises InputError."""
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    return _read(path, lambda raw: load_pem_private_key(raw, None), _keys().Ed25519PrivateKey)  # type: ignore[no-any-return]


def read_public(path: Path) -> Ed25519PublicKey:
    """A public key from its PEM file. Raises InputError."""
    _keys()
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    return _read(path, load_pem_public_key, _keys().Ed25519PublicKey)  # type: ignore[no-any-return]


def _read(path: Path, load: Any, kind: type) -> Any:
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        key = load(path.read_bytes())
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, kind):
        raise InputError([say("label.key", file=path)])
    return key


def key_id(key: Ed25519PublicKey) -> str:
    """The short name of a public key: the first 12 hex digits of its SHA-256."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:12]


def seal(label: Label, key: Ed25519PrivateKey, url: str | None = None) -> Sealed:
    """Sign what the label discloses. ``url`` is put before the payload, as ``url#payload``, so that phones open a page.

    Raises InputError where the disclosure is too long for a QR code.
    """
    whole = label.model_dump(mode="json", exclude_none=True)
    salt = secrets.token_hex(16)
    data = {**label.disclosed(), "key": key_id(key.public_key()), "commitment": commitment(whole, salt)}
    signed = f"{PREFIX}.{_encode(_deflate(_canonical(data)))}"
    payload = f"{signed}.{_encode(key.sign(signed.encode()))}"
    text = f"{url}#{payload}" if url else payload
    if len(text.encode()) > MAX_PAYLOAD:
        raise InputError([say("label.too_long", bytes=len(text.encode()), limit=MAX_PAYLOAD)])
    return Sealed(label, text, {"label": whole, "salt": salt, "payload": text})


def commitment(label: Mapping[str, Any], salt: str) -> str:
    """The salted hash that binds a payload to the whole record."""
    return _encode(hashlib.sha256(salt.encode() + b"\n" + _canonical(label)).digest())


def verify(
    text: str,
    keys: Iterable[Ed25519PublicKey],
    on: date | None = None,
    withdrawn: Container[str] = (),
    record: Mapping[str, Any] | None = None,
) -> Verification:
    """What a scanned text proves against the trusted ``keys``, on a day (today if none is given).

    withdrawn: ids of labels that were withdrawn. record: the record kept by the enterprise, to prove what was not disclosed.
    Never raises for a bad payload.
    """
    from cryptography.exceptions import InvalidSignature

    signed, _, signature = text.strip().rpartition("#")[2].rpartition(".")
    prefix, _, body = signed.partition(".")
    try:
        raw = _inflate(_decode(body))
        data, proof = json.loads(raw), _decode(signature)
        kind, valid_from, valid_until = str(data["key"]), as_date(data["valid_from"]), as_date(data["valid_until"])
    except (ValueError, KeyError, TypeError, zlib.error, RecursionError):
        return Verification("unreadable")
    if prefix != PREFIX:
        return Verification("unreadable")
    trusted = next((key for key in keys if key_id(key) == kind), None)
    if trusted is None:
        return Verification("unknown_key")
    try:
        trusted.verify(proof, signed.encode())
    except InvalidSignature:
        return Verification("forged")
    if record is not None and not _opens(data, record):
        return Verification("record_differs", data)
    when = on or date.today()
    status: Status = "expired" if when > valid_until else "valid"
    if data["id"] in withdrawn:
        status = "withdrawn"
    elif when < valid_from:
        status = "not_yet_valid"
    return Verification(status, data, record is not None)


def _opens(data: Mapping[str, Any], record: Mapping[str, Any]) -> bool:
    label, salt = record.get("label"), record.get("salt")
    return isinstance(label, dict) and isinstance(salt, str) and data.get("commitment") == commitment(label, salt)


def _canonical(data: Any) -> bytes:
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def _deflate(raw: bytes) -> bytes:
    worker = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zdict=DICTIONARY)
    return worker.compress(raw) + worker.flush()


def _inflate(raw: bytes) -> bytes:
    """Deflated bytes, refused beyond a bound: a payload comes from anywhere."""
    worker = zlib.decompressobj(-15, zdict=DICTIONARY)
    found = worker.decompress(raw, MAX_BODY)
    if worker.unconsumed_tail or not worker.eof or worker.unused_data:
        raise ValueError("body")
    return found


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    found = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if _encode(found) != text:
        raise ValueError("base64url")
    return found
