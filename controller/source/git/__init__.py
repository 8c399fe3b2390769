"""A git remote as a source of specs: followed without a work tree, verified, and written out by us.

remote ─► ls-remote ─► shallow fetch ─► signature ─► ls-tree, cat-file ─► plain files ─► load
url.py    auth.py      process.py       remote.py    export.py
"""

from controller.source.git.auth import Anonymous, Auth, DeployKey, GitHubApp, Token
from controller.source.git.export import Limits
from controller.source.git.remote import Commit, Remote, Verify


__all__ = ["Anonymous", "Auth", "Commit", "DeployKey", "GitHubApp", "Limits", "Remote", "Token", "Verify"]
