"""Build the native engine and map src/ onto the ``mixminus`` package.

Metadata lives in pyproject.toml; only what needs code is here.
"""

import os
import shlex
from glob import glob

from Cython.Build import cythonize
from setuptools import Extension, find_packages, setup

PACKAGE = "mixminus"

engine = Extension(
    f"{PACKAGE}.mixer._engine",
    sources=["native/_engine.pyx", *sorted(glob("native/*/*.c"))],
    depends=sorted(glob("native/**/*.h", recursive=True) + glob("native/*.px[di]")),
    include_dirs=["native"],
    extra_compile_args=[
        "-std=c11",
        "-O3",
        # The speed of a short loop must not depend on the order in which files are linked.
        "-falign-functions=64",
        "-Wall",
        "-Wextra",
        "-Wno-unused-parameter",
        *shlex.split(os.environ.get("MIXMINUS_CFLAGS", "")),
    ],
    extra_link_args=shlex.split(os.environ.get("MIXMINUS_LDFLAGS", "")),
    libraries=["m", "pthread", "dl"],
)

setup(
    package_dir={PACKAGE: "src"},
    packages=[PACKAGE, *(f"{PACKAGE}.{name}" for name in find_packages("src"))],
    ext_modules=cythonize(
        [engine],
        build_dir="build/cython",
        include_path=["native"],
        compiler_directives={
            "language_level": 3,
            "embedsignature": True,
            "autotestdict": False,
        },
    ),
)
