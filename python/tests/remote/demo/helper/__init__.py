"""What the demo imports in its jobs."""


def shout(text: str) -> str:
    """Upper case."""
    return text.upper()
