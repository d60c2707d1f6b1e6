"""Labour law. What breaks it is recorded all the same, and flagged: a registry keeps what happened.

`profiles` holds the limits as dated data, `findings` looks for what is beyond them.
"""
