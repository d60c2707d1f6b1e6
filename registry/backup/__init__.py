"""Backup and recovery: base backups and write-ahead log of each server, a copy of the ledger (docs/how-to/recovery.md).

The parts: programs (PostgreSQL's own), sets (what lies in a backup folder), source (a server that is backed up), take
(one pass over one server), ledger_copy, passes (one pass over everything), recover (a server from a set), restore.
"""
