"""The card in a wallet: what is offered, who may fetch it, and the credential itself (docs/how-to/wallet.md)."""
