#!/usr/bin/env bash
# clang-tidy over our sources, or those named. After ./lab build: it reads build/compile_commands.json. Clang can't read
# GCC's precompiled headers, so they are taken out of the commands; a LibTorch file takes about half a minute.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p build/tidy
sed -E 's/-Winvalid-pch//g; s/-fpch-preprocess//g; s/-include [^ ]*cmake_pch\.hxx//g' build/compile_commands.json > build/tidy/compile_commands.json
if [ $# -eq 0 ]; then
  mapfile -t files < <(git ls-files 'app/*.cpp' 'core/*.cpp' 'kernels/*.cpp')
else
  files=("$@")
fi
printf '%s\0' "${files[@]}" | xargs -0 -n 1 -P "${TESSERA_JOBS:-$(nproc)}" clang-tidy --quiet -p build/tidy
