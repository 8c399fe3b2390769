"""A report for its readers, one file per format.

Values come from strangers: every renderer makes them harmless.
"""
