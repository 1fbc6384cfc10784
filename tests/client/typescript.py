"""The TypeScript client, compiled, and programs of Node.js that use it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

__all__ = ["CONSOLE", "Package", "compiled"]

ROOT: Final = Path(__file__).resolve().parents[2]
CONSOLE: Final = ROOT / "console"
COMPILER: Final = CONSOLE / "node_modules/.bin/tsc"
WITH_NODE: Final = (str(ROOT / "tools/with_node.sh"), sys.executable)
COMPILE_S, RUN_S = 120, 60


def compiled(folder: Path, source: Path, **options: object) -> subprocess.CompletedProcess[str]:
    """Compile a file with the client's sources; return how the compiler ended."""
    assert COMPILER.exists(), "the TypeScript compiler is missing: run `make build`"
    settings = {
        "extends": str(CONSOLE / "tsconfig.json"),
        "compilerOptions": {
            "paths": {"mixminus-client": [str(CONSOLE / "client/src/index.ts")]},
            "types": [],
            **options,
        },
        "files": [str(source)],
        "include": [],
    }
    (folder / "tsconfig.json").write_text(json.dumps(settings))
    return subprocess.run(
        [*WITH_NODE, COMPILER, "-p", folder], capture_output=True, text=True, check=False, timeout=COMPILE_S
    )


class Package:
    """The client as JavaScript in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        source = CONSOLE / "client/src"
        done = compiled(
            folder, source / "index.ts", noEmit=False, outDir=str(folder / "dist"), rootDir=str(source)
        )
        assert done.returncode == 0, done.stdout[-3000:]
        (folder / "node_modules").symlink_to(CONSOLE / "node_modules")
        (folder / "package.json").write_text('{"type": "module"}')
        self.folder = folder

    def command(self, name: str, program: str, *arguments: str) -> list[str]:
        """Write a program; return the command that runs it. Node.js has WebSocket without the option from 22 on."""
        path = self.folder / f"{name}.js"
        path.write_text(program)
        return [*WITH_NODE, "node", "--experimental-websocket", str(path), *arguments]

    def run(self, name: str, program: str, *arguments: str) -> Any:
        """Run a program; return the JSON that it prints."""
        command = self.command(name, program, *arguments)
        ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=RUN_S)
        assert ran.returncode == 0, ran.stderr[-3000:]
        return json.loads(ran.stdout)
