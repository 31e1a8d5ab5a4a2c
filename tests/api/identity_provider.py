"""An OpenID Connect provider on this machine: serves its configuration and public keys, and signs tokens, right or wrong."""

import base64
import hashlib
import hmac
import http.server
import json
import threading
import time

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature


def encoded(data):
    """base64url without padding, of bytes or of a document."""
    if not isinstance(data, bytes):
        data = json.dumps(data).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value, size=None):
    return encoded(value.to_bytes(size or (value.bit_length() + 7) // 8, "big"))


class IdentityProvider:
    """Has an RSA key "rsa" and a key "ec" on the curve P-256. Counts in `asked` how often its keys were fetched."""

    def __init__(self):
        self.rsa = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.ec = ec.generate_private_key(ec.SECP256R1())
        self.asked = 0
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = json.dumps(provider.document(self.path)).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def document(self, path):
        if path == "/.well-known/openid-configuration":
            return {"jwks_uri": f"http://{self.url}/keys"}
        if path != "/keys":
            return {}
        self.asked += 1
        modulus = self.rsa.public_key().public_numbers()
        point = self.ec.public_key().public_numbers()
        return {
            "keys": [
                {"kty": "RSA", "kid": "rsa", "use": "sig", "n": number(modulus.n), "e": number(modulus.e)},
                {"kty": "EC", "kid": "ec", "crv": "P-256", "x": number(point.x, 32), "y": number(point.y, 32)},
            ]
        }

    def sign(self, algorithm, part):
        if algorithm == "RS256":
            return self.rsa.sign(part, padding.PKCS1v15(), hashes.SHA256())
        if algorithm == "ES256":
            r, s = decode_dss_signature(self.ec.sign(part, ec.ECDSA(hashes.SHA256())))
            return r.to_bytes(32, "big") + s.to_bytes(32, "big")
        if algorithm == "HS256":
            # By what everybody may read: the trap for those who let the token choose what its key is.
            public = self.rsa.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            return hmac.new(public, part, hashlib.sha256).digest()
        return b""

    def token(self, algorithm="RS256", header=None, signed_as=None, **claims):
        """A token of these claims, None leaving one out. `signed_as`: by another algorithm than its header says."""
        now = int(time.time())
        claims = {
            "iss": f"https://{self.url}",
            "sub": "repo:me/it",
            "aud": "sts.amazonaws.com",
            "iat": now,
            "exp": now + 600,
            **claims,
        }
        head = {"alg": algorithm, "typ": "JWT", "kid": "ec" if algorithm == "ES256" else "rsa", **(header or {})}
        documents = ({name: value for name, value in each.items() if value is not None} for each in (head, claims))
        part = ".".join(map(encoded, documents))
        return f"{part}.{encoded(self.sign(signed_as or algorithm, part.encode()))}"
