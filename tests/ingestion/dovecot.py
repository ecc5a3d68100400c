"""A Dovecot of the tests' own: one user, maildirs in a folder, a certificate of its own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from grp import getgrgid
from pathlib import Path
from pwd import getpwuid

from tests import needs

USER, PASSWORD = "olga@house.example", 'pass "word" \\ of the tests'


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
    users = _users()
    mail.mkdir()
    if os.getuid() == 0:
        shutil.chown(mail, users["me"], users["group"])
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
        certificate=certificate, key=key, **users,
    ))  # fmt: skip
    found = needs.dovecot()
    assert found is not None
    server = subprocess.Popen([found, "-F", "-c", str(config)])
    try:
        _wait(port, server)
        yield Dovecot(port, tls_port, certificate, mail)
    finally:
        server.terminate()
        server.wait(30)


def _users() -> dict[str, str]:
    """Dovecot started by root insists on users of its own, which its package makes."""
    if os.getuid() == 0:
        return {"me": "dovecot", "group": "dovecot", "login": "dovenull", "chroot": ""}
    me = getpwuid(os.getuid()).pw_name
    group = getgrgid(os.getgid()).gr_name
    return {"me": me, "group": group, "login": me, "chroot": "  chroot =\n"}


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as two:
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        return one.getsockname()[1], two.getsockname()[1]


def _wait(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(100):
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
default_internal_group = {group}
default_login_user = {login}
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:{mail}
mail_uid = {me}
mail_gid = {group}
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
  args = uid={me} gid={group} home={root}
}}
service imap-login {{
{chroot}  inet_listener imap {{
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
{chroot}}}
service stats {{
{chroot}}}
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
