"""Git checkout to documents with positions; knows nothing of the kinds of AWS.

    found files ─► text ─► events ─► nodes ─► includes ─► overrides ─► variables ─► Document
      files.py    files.py syntax.py compose.py includes.py document.py variables.py

Everything on the way is a `Node`: a value that knows where it was written. Each problem of each
file is collected; no input makes `load` raise, run for long or take much memory.

- A document that is not for the target is checked, but without its variables and secrets: they
  are known only where it applies.
- Overrides are merged after includes are expanded and before variables are put in, so what a
  target overrides may use variables that the target does not have.
- Variables are put into included YAML and JSON, and never into other included text.
"""

from controller.source.document import Document
from controller.source.load import Loaded, load, load_yaml
from controller.source.node import Marks, Secret
from controller.source.revision import revision
from controller.source.typed import load_typed
from controller.source.variables import unread


__all__ = ["Document", "Loaded", "Marks", "Secret", "load", "load_typed", "load_yaml", "revision", "unread"]
