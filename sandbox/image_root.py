"""``python3 image_root.py ROOT``: lays out all of a cell's image but our own code, while it is built.

What a cell needs is a short list: the interpreter, its standard library, torch's environment, and the shared libraries
these name. It is picked from a base image that has much more, wherever that keeps its Python (``/usr`` or
``/usr/local``), so that nothing else of the base gets into the image. Standard library only.
"""

from __future__ import annotations

import compileall
import os
import py_compile
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from pathlib import Path

VENV = Path("/opt/venv")
# Tests, installers and windows on screens that are not there; what a base keeps for building Python's extensions.
_NO_LIBRARY = "test tests idlelib tkinter turtledemo turtle.py ensurepip venv lib2to3 pydoc_data config-* site-packages"
_NO_LIBRARY += " dist-packages sitecustomize.py EXTERNALLY-MANAGED curses dbm sqlite3 distutils __pycache__"
# Their libraries are large and much attacked (OpenSSL) or of no use without a terminal, a database or a network.
_NO_EXTENSION = "_ssl _hashlib _sqlite3 readline _curses* _dbm _gdbm nis _tkinter _crypt ossaudiodev _test* _xx* xx*"
_NO_EXTENSION += " _ctypes_test spwd"
# For compiling extensions, which needs a compiler; torch's own tests in C++; what builds or installs packages.
_NO_PACKAGE = "tests __pycache__ *.a *.h *.pyi *.pth pip pip-* setuptools setuptools-* _distutils_hack pkg_resources"
_NO_PACKAGE += " isympy.py torch/include torch/share torch/test torch/lib/libshm_windows torch/lib/*_test.so"
_NO_PACKAGE += " torch/lib/libaoti_custom_ops.so torch/lib/libbackend_with_compiler.so numpy/f2py numpy/distutils"
# Importing torch fails where this is missing; nothing in a cell can start it.
_TORCH_INSISTS_ON = "torch_shm_manager"


def main(root: Path) -> None:
    """Fill ``root``, which must not exist, and empty :data:`VENV` into it."""
    interpreter = Path(os.path.realpath(sys.executable))
    library = Path(sysconfig.get_path("stdlib"))
    packages = _take_environment(root, interpreter)
    _copy(interpreter, root)
    shutil.copytree(library, root / library.relative_to("/"), ignore=_ignored, symlinks=False)
    objects = [interpreter, *_shared_objects(root / library.relative_to("/")), *_shared_objects(packages)]
    _take_shared_libraries(root, objects)
    (root / "tmp").mkdir()  # the engine gives what it mounts here the mode of this folder: not writable for all
    _settle_modes(root)
    _compile(root, (library, VENV))


def _take_environment(root: Path, interpreter: Path) -> Path:
    """Move the environment's packages, less what no cell imports; its Python stays a link. Returns their folder."""
    (found,) = VENV.glob("lib/python3*/site-packages")
    packages = root / found.relative_to("/")
    packages.parent.mkdir(parents=True)
    found.rename(packages)
    insisted = packages / "torch" / "bin" / _TORCH_INSISTS_ON
    for path in sorted((packages / "torch" / "bin").iterdir()):
        if path != insisted:
            _remove(path)
    for pattern in _NO_PACKAGE.split():
        for path in sorted(packages.glob(pattern) if "/" in pattern else packages.rglob(pattern)):
            _remove(path)
    shutil.copyfile(VENV / "pyvenv.cfg", root / VENV.relative_to("/") / "pyvenv.cfg")
    python = root / VENV.relative_to("/") / "bin" / "python3"
    python.parent.mkdir()
    python.symlink_to(interpreter)
    return packages


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _copy(path: Path, root: Path) -> None:
    target = root / path.relative_to("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, target)


def _ignored(folder: str, names: Iterable[str]) -> set[str]:
    stem = "lib-dynload" if Path(folder).name == "lib-dynload" else ""
    patterns = _NO_EXTENSION.split() if stem else _NO_LIBRARY.split()
    return {name for name in names if any(fnmatch(name.partition(".")[0] if stem else name, p) for p in patterns)}


def _shared_objects(folder: Path) -> Iterator[Path]:
    yield from sorted(path for path in folder.rglob("*.so*") if path.is_file())


def _take_shared_libraries(root: Path, objects: Iterable[Path]) -> None:
    """Copy what ``objects`` are linked with to where the loader looks without being told, and the loader itself."""
    named = _linked(objects)
    standard = Path(os.path.realpath(named["libc.so.6"])).parent
    for link in (Path("/lib"), Path("/lib64")):
        if link.is_symlink():
            (root / link.relative_to("/")).symlink_to(os.readlink(link))
    for name, path in sorted(named.items()):
        if path.is_relative_to(root):
            continue  # beside the library that names it
        place = path.parent.resolve() if name.startswith("ld-") else standard
        target = root / place.relative_to("/") / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


def _linked(objects: Iterable[Path]) -> dict[str, Path]:
    """Every shared library that ``objects`` need, directly or not: its name and where the loader finds it here."""
    command = ["ldd", *map(str, objects)]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout  # 1 where one is static
    missing = sorted(set(re.findall(r"(\S+) => not found", said)))
    if missing:
        raise SystemExit(f"the base has no {', '.join(missing)}, which torch or Python needs")
    found = dict(re.findall(r"^\s+(\S+) => (/\S+) \(", said, flags=re.MULTILINE))
    loaders = re.findall(r"^\s+(/\S+) \(", said, flags=re.MULTILINE)
    return {Path(name).name: Path(path) for name, path in (*found.items(), *((path, path) for path in loaders))}


def _settle_modes(root: Path) -> None:
    """Readable for all, writable for root alone; executable is only what starts a cell."""
    executable = {path for path in root.rglob("*") if path.name.startswith("ld-")}
    executable |= {root / Path(os.path.realpath(sys.executable)).relative_to("/")}
    root.chmod(0o755)
    for path in root.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path in executable else 0o644)


def _compile(root: Path, folders: Iterable[Path]) -> None:
    """Byte code that is taken as it is, without a look at the source's date, which copying may change."""
    for folder in folders:
        compileall.compile_dir(
            root / folder.relative_to("/"),
            maxlevels=40,
            quiet=2,  # some packages carry files for other versions of Python
            stripdir=str(root),
            prependdir="/",
            workers=0,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
