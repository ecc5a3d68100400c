"""Git repositories made with dulwich, also such as git itself would not make."""

from __future__ import annotations

from pathlib import Path

from dulwich.objects import Blob, Commit, ObjectID, Tree
from dulwich.refs import Ref
from dulwich.repo import Repo

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
