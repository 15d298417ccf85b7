"""Which certificates are trusted: those the system trusts."""

from __future__ import annotations

import ssl
import sys

__all__ = ["trusting_context"]


def trusting_context() -> ssl.SSLContext:
    """A TLS context that trusts what the system trusts.

    On Linux OpenSSL mostly knows where the certificates are, and loads them once. Elsewhere, and where it does not,
    truststore asks the system, at the price of loading them anew for every connection.
    """
    known = ssl.get_default_verify_paths()
    if sys.platform == "linux" and (known.cafile or known.capath):
        return ssl.create_default_context()
    import truststore

    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
