#!/bin/bash
# Builds the one tarball that npm installs, and installs it into the environment.
set -euo pipefail
export npm_config_update_notifier=false
npm run setup
tarball=$(node tooling/packed/src/bundle.mjs --to "$SRC_DIR/tarball")
# No install script may run: that of ONNX Runtime downloads a CUDA provider.
npm install -g --ignore-scripts --omit=dev --no-audit --no-fund --prefix "$PREFIX" "$tarball"
mkdir -p "$PREFIX/share/man/man1"
cp apps/runner/man/holdfast.1 "$PREFIX/share/man/man1/"
