"""The audit: all that can be computed again is, and held against what is stored, published and kept outside.

The parts: report (what differs, by code), rows (the log, streamed), tree (grown leaf by leaf, its tiles compared),
places (rows in the ledger's order), streams (facts and keys in the order of streams), vault (keys and identities),
outside (checkpoints, tiles and proofs that an auditor kept), run (all of it); bundle and check (one history, offline).
"""
