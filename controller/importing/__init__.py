"""From what is live to files that a person could have written: taking roots over, and keeping accepted drift.

live State → authored → Draft (metadata, spec, files) → YAML → the plan right after, which proves it
"""
