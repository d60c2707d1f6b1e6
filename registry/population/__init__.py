"""The audit of a whole population: what stands out in all histories, listed with proofs; samples; working papers.

The parts: reading (all streams of a snapshot, one at a time), scope (by whom and when, on both axes), queries (one file
each: what is looked for), search (a query over all streams), evidence (places in the ledger, and proofs), sample (a
draw that anybody makes again), papers (what an auditor takes away) and checking (of those, offline).
"""
