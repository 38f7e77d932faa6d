"""An HTTPS server on this machine, whose certificate an authority of its own signed."""

from __future__ import annotations

import contextlib
import datetime
import http.server
import ipaddress
import pathlib
import ssl
import tempfile
import threading
from collections.abc import Iterator

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Unsigned(http.server.BaseHTTPRequestHandler):
    """Answers, but does not sign."""

    def do_POST(self) -> None:  # noqa: N802  # the library's name
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@contextlib.contextmanager
def server() -> Iterator[tuple[str, str, str]]:
    """Its URL, the authority's certificate, and a folder that holds it as ``ca.pem``."""
    with tempfile.TemporaryDirectory() as folder:
        authority, key = _certificate("Authority", None)
        ours, our_key = _certificate("localhost", (authority, key))
        pem = authority.public_bytes(serialization.Encoding.PEM).decode()
        pathlib.Path(folder, "ca.pem").write_text(pem, encoding="ascii")
        chain = pathlib.Path(folder, "server.pem")
        chain.write_bytes(
            ours.public_bytes(serialization.Encoding.PEM)
            + our_key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain)
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Unsigned) as listening:
            listening.socket = context.wrap_socket(listening.socket, server_side=True)
            listening.handle_error = lambda *_: None  # type: ignore[method-assign]  # who does not trust it hangs up
            thread = threading.Thread(target=listening.serve_forever)
            thread.start()
            try:
                yield f"https://localhost:{listening.server_address[1]}", pem, folder
            finally:
                listening.shutdown()
                thread.join()


def _certificate(
    name: str, issuer: tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(names, critical=False)
        .sign(issuer[1] if issuer else key, hashes.SHA256())
    )
    return certificate, key
