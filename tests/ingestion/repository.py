"""Git repositories made with dulwich, also such as git itself would not make; and their server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from dulwich.objects import Blob, Commit, ObjectID, Tree
from dulwich.refs import Ref
from dulwich.repo import Repo
from dulwich.server import DictBackend
from dulwich.web import make_wsgi_chain

FILE, LINK, MODULE = 0o100644, 0o120000, 0o160000
Files = dict[bytes, bytes | tuple[int, bytes]]


def commit(repo: Repo, files: Files, branch: str = "main") -> ObjectID:
    """A commit that has exactly these files, as what HEAD and the branch name."""
    made = Commit()
    made.tree = tree(repo, files)
    made.author = made.committer = b"Ada <ada@house.example>"
    made.author_time = made.commit_time = 1_700_000_000
    made.author_timezone = made.commit_timezone = 0
    made.message = b"change"
    reference = Ref(f"refs/heads/{branch}".encode())
    if reference in repo.refs:
        made.parents = [repo.refs[reference]]
    repo.object_store.add_object(made)
    repo.refs[reference] = made.id
    repo.refs.set_symbolic_ref(Ref(b"HEAD"), Ref(b"refs/heads/main"))
    return made.id


def tree(repo: Repo, files: Files) -> ObjectID:
    made = Tree()
    folders: dict[bytes, Files] = {}
    for path, said in files.items():
        folder, _, rest = path.partition(b"/")
        if rest:
            folders.setdefault(folder, {})[rest] = said
            continue
        mode, content = said if isinstance(said, tuple) else (FILE, said)
        if mode == MODULE:
            made[path] = (mode, ObjectID(content))
            continue
        blob = Blob.from_string(content)
        repo.object_store.add_object(blob)
        made[path] = (mode, blob.id)
    for folder, inner in folders.items():
        made[folder] = (0o040000, tree(repo, inner))
    repo.object_store.add_object(made)
    return made.id


def fresh(path: Path, bare: bool = True) -> Repo:
    path.mkdir(parents=True)
    return Repo.init_bare(str(path)) if bare else Repo.init(str(path))


def backend(name: Any, repo: Repo) -> DictBackend:
    served: dict[Any, Any] = {name: repo}
    return DictBackend(served)


class _Quiet(WSGIRequestHandler):
    def log_message(self, *said: Any) -> None:
        pass


class Served:
    """A repository over HTTP; `password`, where set, is asked for, and `moved` is where it went."""

    def __init__(self, repo: Repo) -> None:
        self.inner = make_wsgi_chain(backend("/r", repo))
        self.password = self.moved = ""
        self.asked: list[str] = []
        self.server: WSGIServer = make_server("127.0.0.1", 0, self._answer, handler_class=_Quiet)
        self.url = f"http://127.0.0.1:{self.server.server_port}/r"

    def _answer(self, environ: Any, start: Any) -> Any:
        self.asked.append(environ["PATH_INFO"])
        if self.moved:
            where = self.moved + environ["PATH_INFO"] + "?" + environ["QUERY_STRING"]
            start("302 Found", [("Location", where)])
            return [b""]
        if self.password and environ.get("HTTP_AUTHORIZATION") != self.password:
            start("401 Unauthorized", [("WWW-Authenticate", "Basic")])
            return [b"words of the server"]
        return self.inner(environ, start)


@contextmanager
def serving(repo: Repo) -> Iterator[Served]:
    made = Served(repo)
    thread = Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield made
    finally:
        made.server.shutdown()
        thread.join()
        made.server.server_close()
