"""Sizes as people write them."""


def bytes_text(count: float) -> str:
    """A number of bytes as people write it: 480 bytes, 3.2 kB, 48 MB."""
    if count < 1000:
        return f"{count:.0f} bytes"
    units = ["TB", "GB", "MB", "kB"]
    count /= 1000
    while count >= 1000 and len(units) > 1:
        units.pop()
        count /= 1000
    decimals = 0 if count >= 10 else 1
    return f"{count:.{decimals}f} {units[-1]}"
