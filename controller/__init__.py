"""Declarative reconciliation of AWS API Gateway from git.

    git checkout ─► source ─► documents ─► desired.build ─► desired State ─┐
                                                                          ├─► diff ─► Changes
    AWS ─────────► aws.reader (bulk) ────► tree ──────────► live State ────┘      │
                                                                          policy.guard
                                                                                  │
                                                         lower, plan ─► Plan of Steps, priced
                                                                                  │
                                     Report ◄─── apply (one lane per root) ◄──────┘

Arrows go one way. Everything in the middle is a function on values; only source, aws and apply touch the world.
"""

__version__ = "0.1.0"
