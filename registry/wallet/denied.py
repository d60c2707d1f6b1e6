"""How a wallet is told no: an error code of the protocol, and a sentence for whoever writes wallets."""


class Denied(Exception):  # noqa: N818 - the protocol's word, and no fault of ours
    """`error` is a code of OpenID4VCI 1.0, RFC 6749 or RFC 6750."""

    def __init__(self, error: str, description: str) -> None:
        self.error, self.description = error, description
        super().__init__(f"{error}: {description}")
