"""All kinds. Importing this package registers them."""

from controller.kinds import rest


__all__ = ["rest"]
