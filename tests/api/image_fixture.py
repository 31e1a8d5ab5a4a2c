"""Container images made from nothing, for tests: as an OCI layout, as archives, and in a small registry."""

import base64
import contextlib
import gzip
import hashlib
import http.server
import io
import json
import pathlib
import subprocess
import tarfile
import threading

from harness import ROOT

OCI = "application/vnd.oci.image."


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def descriptor(media_type, data, **more):
    return {"mediaType": media_type, "digest": digest(data), "size": len(data), **more}


def tar_of(entries):
    """A tar file. Entries are (path, content) with bytes, ("path", None) for a directory, or TarInfo objects."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for entry in entries:
            if isinstance(entry, tarfile.TarInfo):
                archive.addfile(entry)
                continue
            path, content = entry
            info = tarfile.TarInfo(path)
            info.mode = 0o755
            if content is None:
                info.type = tarfile.DIRTYPE
                archive.addfile(info)
            else:
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def link(path, target, kind=tarfile.SYMTYPE):
    info = tarfile.TarInfo(path)
    info.type, info.linkname = kind, target
    return info


def word_count_program(directory):
    """examples/word-count, statically linked: a program that is a whole image."""
    program = pathlib.Path(directory) / "bootstrap"
    subprocess.run([ROOT / "examples/word-count/build", program], check=True)
    return program.read_bytes()


class Image:
    """Layers (bytes of tar files) and settings (Entrypoint, Cmd, Env, WorkingDir) of one image."""

    def __init__(self, layers, architecture="amd64", **settings):
        self.plain = layers
        self.layers = [gzip.compress(layer, mtime=0) for layer in layers]
        self.config = json.dumps(
            {
                "architecture": architecture,
                "os": "linux",
                "config": settings,
                "rootfs": {"type": "layers", "diff_ids": [digest(layer) for layer in layers]},
            }
        ).encode()
        self.manifest = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": OCI + "manifest.v1+json",
                "config": descriptor(OCI + "config.v1+json", self.config),
                "layers": [descriptor(OCI + "layer.v1.tar+gzip", layer) for layer in self.layers],
            }
        ).encode()
        self.platform = {"os": "linux", "architecture": architecture}

    @property
    def digest(self):
        return digest(self.manifest)

    def blobs(self):
        return {digest(blob): blob for blob in [self.config, self.manifest, *self.layers]}

    def files(self, tag="latest"):
        """{path: content} of an OCI layout."""
        name = {"org.opencontainers.image.ref.name": tag}
        index = {
            "schemaVersion": 2,
            "manifests": [descriptor(OCI + "manifest.v1+json", self.manifest, annotations=name)],
        }
        files = {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}', "index.json": json.dumps(index).encode()}
        for name, blob in self.blobs().items():
            files["blobs/sha256/" + name.removeprefix("sha256:")] = blob
        return files

    def write_layout(self, directory, **settings):
        for path, content in self.files(**settings).items():
            file = pathlib.Path(directory) / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)

    def oci_archive(self):
        return tar_of(self.files().items())

    def docker_archive(self, tag="image:latest"):
        """As `docker save` wrote it before version 25."""
        config = digest(self.config).removeprefix("sha256:") + ".json"
        layers = [f"layer{i}/layer.tar" for i in range(len(self.plain))]
        manifest = [{"Config": config, "RepoTags": [tag], "Layers": layers}]
        files = {"manifest.json": json.dumps(manifest).encode(), config: self.config}
        files.update(zip(layers, self.plain))
        return tar_of(files.items())


def index_of(images):
    """An index of images for several architectures."""
    return json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": OCI + "index.v1+json",
            "manifests": [
                descriptor(OCI + "manifest.v1+json", image.manifest, platform=image.platform) for image in images
            ],
        }
    ).encode()


@contextlib.contextmanager
def registry(documents, blobs, authentication=None):
    """A registry on a free port of 127.0.0.1; yields its host:port and the list of paths that were asked for.

    documents: {"name:tag": manifest or index}. authentication: None, "basic" or "bearer", for user:password.
    """

    class Handler(http.server.BaseHTTPRequestHandler):
        asked = []

        def log_message(self, *_):
            pass

        def do_GET(self):
            host = self.headers["Host"]
            self.asked.append(self.path)
            basic = "Basic " + base64.b64encode(b"user:password").decode()
            sent = self.headers.get("Authorization")
            if self.path.startswith("/token"):
                return self.answer(200 if sent == basic else 401, b'{"token": "let-me-in"}')
            if self.path.startswith("/elsewhere/"):  # where blobs really are; no authorization belongs here
                return self.answer(200, blobs["sha256:" + self.path.rpartition("/")[2]])
            if authentication == "basic" and sent != basic:
                return self.answer(401, b"", {"WWW-Authenticate": 'Basic realm="here"'})
            if authentication == "bearer" and sent != "Bearer let-me-in":
                challenge = f'Bearer realm="http://{host}/token",service="registry",scope="repository:name:pull"'
                return self.answer(401, b"", {"WWW-Authenticate": challenge})
            _, _, name, kind, reference = self.path.split("/")
            if kind == "manifests":
                found = documents.get(f"{name}:{reference}") or blobs.get(reference)
                return self.answer(200, found) if found else self.answer(404, b"{}")
            if reference not in blobs:
                return self.answer(404, b"{}")
            return self.answer(307, b"", {"Location": f"/elsewhere/{reference.removeprefix('sha256:')}"})

        def answer(self, status, body, headers=None):
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}", Handler.asked
        finally:
            server.shutdown()
            thread.join()
