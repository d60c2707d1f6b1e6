"""One worker's history told again to whoever must trust it.

The parts: timeline (the facts, and what stands beside each), sources (the row each came in), proofs (each in the
ledger, checked), differences (what a span of time changed, and because of which fact), laws (findings under each
profile), picture (both axes drawn).
"""
