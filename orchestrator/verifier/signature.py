"""Ed25519 (RFC 8032, 5.1.7), verification only: there is nothing secret here, so nothing to leak by its timing."""

from __future__ import annotations

import base64
import hashlib

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_Point = tuple[int, int, int, int]
_BASE_Y = 4 * pow(5, -1, _P) % _P
_KEY_PREFIX = bytes.fromhex("302a300506032b6570032100")
"""What stands before the 32 bytes of a key in its DER form (RFC 8410)."""


def is_signed(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the owner of the key signed the message."""
    point, nonce = _decode_point(public_key), _decode_point(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or point is None or nonce is None or scalar >= _ORDER:
        return False
    digest = hashlib.sha512(signature[:32] + public_key + message).digest()
    challenge = int.from_bytes(digest, "little") % _ORDER
    base = _decode_point(_BASE_Y.to_bytes(32, "little"))
    assert base is not None  # noqa: S101 - it is on the curve
    left, right = _times(scalar, base), _add(nonce, _times(challenge, point))
    same_x = (left[0] * right[2] - right[0] * left[2]) % _P == 0
    return same_x and (left[1] * right[2] - right[1] * left[2]) % _P == 0


def _decode_point(encoded: bytes) -> _Point | None:
    if len(encoded) != 32:
        return None
    number = int.from_bytes(encoded, "little")
    sign, y = number >> 255, number & ((1 << 255) - 1)
    if y >= _P:
        return None
    squared = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(squared, (_P + 3) // 8, _P)
    if (x * x - squared) % _P:
        x = x * pow(2, (_P - 1) // 4, _P) % _P
    if (x * x - squared) % _P or (x == 0 and sign):
        return None
    x = _P - x if x & 1 != sign else x
    return x, y, 1, x * y % _P


def _add(p: _Point, q: _Point) -> _Point:
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % _P, (p[1] + p[0]) * (q[1] + q[0]) % _P
    c, d = 2 * p[3] * q[3] * _D % _P, 2 * p[2] * q[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(scalar: int, point: _Point) -> _Point:
    total: _Point = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            total = _add(total, point)
        point = _add(point, point)
        scalar >>= 1
    return total


def key_pem(public_key: bytes) -> bytes:
    """The key as other tools read it: SubjectPublicKeyInfo, PEM (RFC 8410)."""
    return (
        b"-----BEGIN PUBLIC KEY-----\n" + base64.b64encode(_KEY_PREFIX + public_key) + b"\n-----END PUBLIC KEY-----\n"
    )
