"""A Dovecot of the tests' own: one user, maildirs in a folder, TLS with a certificate of its own."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

USER, PASSWORD = "olga@house.example", 'pass "word" \\ of the tests'


def program() -> str | None:
    """The path of Dovecot, or None."""
    return shutil.which("dovecot") or shutil.which("/usr/sbin/dovecot")


@dataclass(frozen=True)
class Dovecot:
    port: int
    tls_port: int
    certificate: Path
    mail: Path


@contextmanager
def dovecot(root: Path) -> Iterator[Dovecot]:
    """Running, with its files below `root`, until the end of the block."""
    mail, run = root / "mail", root / "run"
    mail.mkdir()
    certificate, key = root / "cert.pem", root / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
         "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    (root / "users").write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n")
    port, tls_port = _free_ports()
    config = root / "dovecot.conf"
    config.write_text(_CONFIG.format(
        root=root, run=run, mail=mail, port=port, tls_port=tls_port,
        certificate=certificate, key=key, me=_me(),
    ))  # fmt: skip
    found = program()
    assert found is not None
    server = subprocess.Popen([found, "-F", "-c", str(config)])
    try:
        _wait(port, server)
        yield Dovecot(port, tls_port, certificate, mail)
    finally:
        server.terminate()
        server.wait(30)


def _me() -> str:
    return subprocess.run(["id", "-un"], check=True, capture_output=True, text=True).stdout.strip()


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as two:
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        return one.getsockname()[1], two.getsockname()[1]


def _wait(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        assert server.poll() is None, "Dovecot has ended; its log is in its folder"
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as connection:
                if connection.recv(4):
                    return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("Dovecot does not answer")


_CONFIG = """
base_dir = {run}
state_dir = {run}
log_path = {root}/log
protocols = imap
listen = 127.0.0.1
default_internal_user = {me}
default_internal_group =
default_login_user = {me}
first_valid_uid = 0
mail_location = maildir:{mail}
mail_uid = {me}
mail_gid = 0
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
disable_plaintext_auth = no
auth_mechanisms = plain
passdb {{
  driver = passwd-file
  args = {root}/users
}}
userdb {{
  driver = static
  args = uid={me} gid=0 home={root}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    address = 127.0.0.1
    port = {port}
  }}
  inet_listener imaps {{
    address = 127.0.0.1
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Entwuerfe {{
    special_use = \\Drafts
  }}
  mailbox Spam {{
    special_use = \\Junk
  }}
}}
"""
