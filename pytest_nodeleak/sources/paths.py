"""What the ``sources`` of a source map and the URLs of scripts are as paths."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import unquote, urljoin

from ..base.frames import path_in_url

__all__ = ["find_upwards", "is_package", "path_of_url", "project_of", "readable", "source_path"]

_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]+):")
_BUNDLER = re.compile(r"^(?:webpack|webpack-internal|turbopack|rspack|rsbuild|vite|ng|meteor)$")
#: "(rsc)/./src/x.ts": the layer that a bundler puts in front of the path
_LAYER = re.compile(r"^/*(?:\([\w-]+\)/)+(?=\./|\[project\]/)")
_PROJECT = re.compile(r"^/*\[project\]/")
_PACKAGE_PARTS = ("node_modules", ".pnpm", ".yarn")
#: the bundlers' own modules, which no author wrote
_RUNTIME = re.compile(
    r"^(?:(?:webpack|rspack)/(?:bootstrap|before-startup|startup|runtime|container|sharing|universal)"
    r"|\(webpack\)|external |ignored[ |]|\[(?:turbopack|next|externals)\]|vite/[\w-]+$"
    r"|\x00|<(?!anonymous))"
)
_MOST_FOLDERS = 32


def path_of_url(url: str) -> str:
    """The path of a ``file://`` URL, percent escapes decoded; other text unchanged."""
    if not url.lower().startswith("file:"):
        return url
    path = unquote(path_in_url(url.replace("?", "%3F") if "://" not in url else url))
    # "file:///C:/x"
    return path[1:] if re.match(r"^/[A-Za-z]:", path) else path


def readable(url: str) -> str:
    """The path in a bundler's URL (``webpack://app/./src/x.ts?abcd`` is ``src/x.ts``).

    Relative to the project, of which the URL does not say where it is. Paths and web addresses are
    left as they are, ``file://`` URLs become paths.
    """
    scheme = _SCHEME.match(url)
    if not scheme or not _BUNDLER.match(scheme[1].lower()):
        return path_of_url(url)
    rest = url[scheme.end() :]
    if rest.startswith("//"):
        rest = rest[2:]
        if not rest.startswith("[project]/"):
            authority, slash, path = rest.partition("/")
            # "webpack://external "fs"" has no path
            rest = path if slash and " " not in authority else rest
    absolute = rest.startswith("/") and not _LAYER.match(rest) and not _PROJECT.match(rest)
    rest = _PROJECT.sub("", _LAYER.sub("", rest))
    if not rest.startswith("external "):
        rest = re.sub(r"\?.*$", "", rest, flags=re.DOTALL)
    if not rest or _RUNTIME.match(rest):
        return rest
    return os.path.normpath(rest) if absolute else os.path.normpath(rest.lstrip("/"))


def source_path(source: str, root: str, base: str) -> str:
    """Where ``source`` is: an absolute path, a web address, or a path relative to the project.

    ``root`` is the map's ``sourceRoot``, ``base`` the path or URL of the map itself.
    """
    if not source:
        return ""
    if root and not _SCHEME.match(source) and not source.startswith("/"):
        source = f"{root.rstrip('/')}/{source}" if root != "/" else f"/{source}"
    scheme = _SCHEME.match(source)
    if scheme:
        return readable(source) if len(scheme[1]) > 1 else source
    if _RUNTIME.match(source):
        return source
    if _PROJECT.match(source):
        return os.path.normpath(_PROJECT.sub("", source))
    if os.path.isabs(source):
        return os.path.normpath(source)
    base_scheme = _SCHEME.match(base)
    if base_scheme and base_scheme[1].lower() in ("http", "https"):
        return _joined(base, source)
    folder = os.path.dirname(readable(base))
    return os.path.normpath(os.path.join(folder, source))


def _joined(base: str, source: str) -> str:
    try:
        return urljoin(base, source)
    except ValueError:
        return source  # it is no URL, as "//[x"


def is_package(path: str) -> bool:
    """Whether ``path`` is a package's file or a bundler's own, not the author's."""
    parts = path.replace("\\", "/").split("/")
    return any(part in _PACKAGE_PARTS for part in parts) or bool(_RUNTIME.match(path))


def project_of(script: str) -> str:
    """The folder of a script; of a command of a package (``tsx``), that of its ``node_modules``."""
    parts = Path(script).parts
    if "node_modules" in parts:
        return str(Path(*parts[: parts.index("node_modules")]))
    return os.path.dirname(script)


def find_upwards(path: str, folder: str) -> str | None:
    """The file that relative ``path`` names in ``folder`` or the nearest folder above it."""
    here = Path(folder)
    for place in [here, *here.parents][:_MOST_FOLDERS]:
        for name in dict.fromkeys((path, unquote(path))):
            candidate = os.path.normpath(place / name)
            if os.path.isfile(candidate):
                return candidate
    return None
