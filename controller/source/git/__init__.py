"""A git remote as a source of specs: followed without a work tree, verified, and written out by us.

remote ─► ls-remote ─► shallow fetch ─► signature ─► ls-tree, cat-file ─► plain files ─► load
url.py    auth.py      process.py       remote.py    export.py

Nothing is imported here: a plan needs no more of this than `base.py`, and what the others need is large.
"""
