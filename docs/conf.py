"""Sphinx settings: Markdown pages, the library's reference drawn from its docstrings, no network."""

from __future__ import annotations

from swath import __version__

project = "swath"
author = "The swath developers"
copyright = "The swath developers, Apache-2.0"
release = version = __version__

extensions = ["myst_parser", "sphinx.ext.apidoc", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
suppress_warnings = ["ref.python"]  # fields of one name in several records

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

# One page a module, written at each build from the docstrings of what its __all__ lists.
apidoc_modules = [
    {
        "path": "../swath",
        "destination": "reference/library",
        "max_depth": 1,
        "separate_modules": True,
        "module_first": True,
        "automodule_options": {"members", "show-inheritance"},
    }
]
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True

html_theme = "furo"
html_title = f"swath {release}"
html_static_path: list[str] = []
