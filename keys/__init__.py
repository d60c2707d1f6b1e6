"""Custody of keys: where they lie, what signs, what wraps. Code only, never key material."""
