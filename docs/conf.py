"""How Sphinx builds these pages: ``nox -s docs``."""

import wheelclash

project = "wheelclash"
author = "The wheelclash developers"
project_copyright = "2026, The wheelclash developers"
version = release = wheelclash.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"wheelclash {version}"
html_extra_path = ["schema.json", "configuration.schema.json"]

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
suppress_warnings = ["myst.header"]

autodoc_member_order = "bysource"
autodoc_typehints = "none"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True
