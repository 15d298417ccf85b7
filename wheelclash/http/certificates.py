"""The certificates that are trusted: those of the system."""

from __future__ import annotations

import os
import ssl
import sys

from wheelclash.files import LARGEST_CONFIGURATION, require_file

__all__ = ["trusting_context"]


def trusting_context() -> ssl.SSLContext:
    """Return a TLS context that trusts what the system trusts.

    On Linux OpenSSL mostly knows where the certificates are, and loads them once. Elsewhere, and where it does not,
    truststore asks the system, at the price of loading them anew for every connection.

    Raises:
        OSError: The file of certificates (``SSL_CERT_FILE``) is none.
    """
    known = ssl.get_default_verify_paths()
    named = os.environ.get(known.openssl_cafile_env)
    if named and os.path.exists(named):  # noqa: PTH110 - OpenSSL ignores what is not there
        require_file(named, LARGEST_CONFIGURATION)
    if sys.platform == "linux" and (known.cafile or known.capath):
        return ssl.create_default_context()
    import truststore

    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
