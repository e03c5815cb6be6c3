# Holdfast in a container; docs/install.md says how to use it, and what was tried.
#   docker build -t holdfast .                             CPU
#   docker build -t holdfast:cuda --target cuda .          NVIDIA GPUs

# Builds the one tarball that npm installs.
FROM node:20-bookworm-slim AS build
WORKDIR /src
COPY . .
RUN npm run setup && npm run pack -- --to /tarball

# NVIDIA GPUs: CUDA and cuDNN are in the base, and the install script of ONNX Runtime fetches its CUDA provider.
FROM nvidia/cuda:13.0.1-cudnn-runtime-ubuntu24.04 AS cuda
COPY --from=build /usr/local/bin/node /usr/local/bin/node
COPY --from=build /usr/local/lib/node_modules /usr/local/lib/node_modules
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
RUN --mount=type=bind,from=build,source=/tarball,target=/tarball \
    npm install -g --ignore-scripts --omit=dev /tarball/holdfast-runner-*.tgz \
 && cd /usr/local/lib/node_modules/@holdfast/runner/node_modules/onnxruntime-node \
 && ONNXRUNTIME_NODE_INSTALL=cuda12 node script/install.js \
 && rm -r bin/napi-v6/darwin bin/napi-v6/win32
# Kept between containers if a volume is mounted here; any user may write to it.
ENV HOLDFAST_CACHE=/cache/holdfast HF_HOME=/cache/huggingface
RUN mkdir -m 1777 /cache
WORKDIR /data
ENTRYPOINT ["holdfast"]

# The default: CPU.
FROM node:20-bookworm-slim AS cpu
RUN --mount=type=bind,from=build,source=/tarball,target=/tarball \
    npm install -g --ignore-scripts --omit=dev /tarball/holdfast-runner-*.tgz \
 && cd /usr/local/lib/node_modules/@holdfast/runner/node_modules/onnxruntime-node \
 && rm -r bin/napi-v6/darwin bin/napi-v6/win32
ENV HOLDFAST_CACHE=/cache/holdfast HF_HOME=/cache/huggingface
RUN mkdir -m 1777 /cache
WORKDIR /data
ENTRYPOINT ["holdfast"]
