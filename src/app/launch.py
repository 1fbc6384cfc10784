"""Entry point of ``mixminus``: turns on huge pages, which restarts the process, before importing the rest."""

from mixminus.app.huge_pages import use_huge_pages

__all__ = ["main"]


def main() -> int:
    """Run the command and return its exit code."""
    use_huge_pages()
    from mixminus.app.main import main as run  # noqa: PLC0415 -- imports before the restart would be done twice

    return run()
