"""The first step of ``mixminus``: memory first, for it means to start again; then everything else."""

from mixminus.app.memory import use_huge_pages

__all__ = ["main"]


def main() -> int:
    """Run the command and return its exit code."""
    use_huge_pages()
    from mixminus.app.main import main as run  # noqa: PLC0415 -- what is imported before is imported twice

    return run()
