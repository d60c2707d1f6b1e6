"""What the pages for phones share: how their headers shut them in, and what stands there until they are built."""

from __future__ import annotations

from pathlib import Path

BUILT = Path(__file__).parents[1] / "card" / "verifier" / "dist"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
}
_OWN = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "worker-src": "'self'",
    "manifest-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "kets",
}


def headers(*, permissions: str, **wider: str) -> dict[str, str]:
    """Of every file of a page: its own scripts and styles and nothing else. `wider`: `img_src="'self' blob:"`."""
    policy = _OWN | {name.replace("_", "-"): sources for name, sources in wider.items()}
    return {
        "Content-Security-Policy": "; ".join(f"{name} {sources}" for name, sources in policy.items()),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": permissions,
    }


def not_built(indonesian: str, english: str) -> str:
    """HTML that says how to get the page."""
    return (
        '<!doctype html><html lang="id"><meta charset="utf-8"><title>KETS</title>'
        f"<h1>{indonesian}</h1><p>Jalankan <code>make web</code>.</p>"
        f'<div lang="en"><h1>{english}</h1><p>Run <code>make web</code>.</p></div></html>'
    )
