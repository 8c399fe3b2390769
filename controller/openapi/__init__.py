"""An OpenAPI document to a spec: what AWS's import would make of it, in the words that authors use.

    document ─► check ─► models · security · methods · settings ─► merge with what is written by hand ─► spec

A function on positioned nodes: whatever comes of a value keeps the place where the value was written, so every
problem found later points into the OpenAPI file. What AWS's import ignores without a word is a warning here.
"""

from controller.openapi.compiler import Compiled, compiled


__all__ = ["Compiled", "compiled"]
