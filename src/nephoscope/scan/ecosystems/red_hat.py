"""Red Hat: rpm's order; releases are products, as their CPE names have them."""

from __future__ import annotations

from nephoscope.scan.ecosystem import ecosystem
from nephoscope.scan.ecosystems.rpm import rpm


def release(text: str) -> str:
    """`enterprise_linux:9` for `enterprise_linux:9::baseos`, for `9` and for `9.3`; other products stay."""
    product = text.partition("::")[0]
    major = product.partition(".")[0]
    return f"enterprise_linux:{major}" if major.isdigit() else product


@ecosystem("Red Hat", release=release, has_releases=True)
def red_hat(version: str) -> bytes | None:
    """[epoch:]version[-release], as rpm orders it.

    Order: 1.0-1.el9 < 1.0-1.el9_2 < 1:0.1-1
    """
    return rpm.key(version)
