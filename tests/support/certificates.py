"""A certificate for servers on the loopback."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["certificate_of", "needs_openssl"]

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="makes a certificate by openssl")
"""Marks a test that calls :func:`certificate_of`."""


def certificate_of(folder: Path) -> Path:
    """Write a key and its certificate into one file, for a server; the certificate alone is ``ca.pem`` beside it."""
    key, certificate, both = (folder / name for name in ("key.pem", "ca.pem", "both.pem"))
    options = ["-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=loopback"]
    options += ["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"]
    options += ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(["openssl", "req", "-x509", *options], check=True, capture_output=True)
    both.write_bytes(key.read_bytes() + certificate.read_bytes())
    return both
