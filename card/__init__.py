"""The worker card: made from a projection of the record, read by anyone, offline. Profile: docs/card-profile.md."""
