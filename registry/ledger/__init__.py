"""The ledger: one Merkle log over all shards, in C2SP tlog-tiles, under signed checkpoints (docs/how-to/ledger.md).

The parts: leaf (bytes of an event), merkle (tree and proofs, pure), tiles (files), checkpoint (what is signed), log
(rows, segments, head), sequencer (writes), proof (of one event).
"""
