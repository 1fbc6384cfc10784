"""Check that a bill of materials (CycloneDX, JSON) has every dependency of pyproject.toml: check_sbom.py FILE."""

import json
import re
import sys
import tomllib
from pathlib import Path


def normalized(name: str) -> str:
    """Return the name of a distribution as registries compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def missing(sbom: dict[str, list[dict[str, str]]], requirements: list[str]) -> list[str]:
    """Return the required distributions that the bill lacks, or lists without a version."""
    listed = {normalized(each["name"]) for each in sbom["components"] if each.get("version")}
    names = {normalized(re.split(r"[^\w.-]", requirement, maxsplit=1)[0]) for requirement in requirements}
    return sorted(names - listed)


def main() -> None:
    """Exit with a message unless the bill is complete."""
    project = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["project"]
    sbom = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    if lacking := missing(sbom, project["dependencies"]):
        sys.exit(f"{sys.argv[1]} lacks {', '.join(lacking)}")


if __name__ == "__main__":
    main()
