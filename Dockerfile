# The image of Zonegate: Node and one bundle. docs/image.md says what it contains, what it may write and what to set.
#
# The tag follows the Node that package.json pins (a test compares them). The release workflow gives the same tag with its digest,
# NODE_IMAGE=docker.io/library/node:24.21.0-bookworm-slim@sha256:…: where this repository is checked no registry can be reached,
# and a digest that nobody can look up is no pin.
ARG NODE_IMAGE=docker.io/library/node:24.21.0-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
# No script of a package runs, not even here: esbuild's binary is a package of its own and needs none.
RUN npm ci --ignore-scripts
COPY tsconfig.json ./
COPY tools/ tools/
COPY src/ src/
RUN npm run build

FROM ${NODE_IMAGE}
LABEL org.opencontainers.image.title="zonegate" \
      org.opencontainers.image.description="One DNS service for a cluster at home or at the edge: external-dns webhook, authoritative internal answers, embedded records." \
      org.opencontainers.image.licenses="Apache-2.0"
# The layers below keep npm's bytes, but nobody inside can install or run anything with it. The volume takes its owner from here.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack \
           /usr/local/bin/yarn /usr/local/bin/yarnpkg /opt/yarn-* \
 && install -d -o 65532 -g 65532 -m 0700 /data
WORKDIR /app
# Owned by root: the user below can read them and change nothing.
COPY LICENSE ./
COPY --from=build /build/dist/ ./
# A data folder makes a start without settings say what to set. Without it the process would take it for a trial on one machine,
# and answer for example names on the container's own loopback addresses, where nobody can ask.
# MALLOC_ARENA_MAX: an arena for each thread of Node costs 2 MiB and gains nothing, as the work lies in two threads.
ENV DATA_DIR=/data \
    MALLOC_ARENA_MAX=2
VOLUME /data
# DNS, and health with metrics. The webhook (8888) listens on loopback: external-dns shares the pod.
EXPOSE 1053/udp 1053/tcp 8080/tcp
# A number: Kubernetes cannot tell of a name that it is not root (runAsNonRoot).
USER 65532:65532
# A library that falls for "__proto__" throws instead of changing every object. Node's --permission is left out: it needs
# --allow-worker for the DNS thread, and a thread can start another one without it (measured), so it would hold nobody.
ENTRYPOINT ["node", "--disable-proto=throw", "/app/main.mjs"]
CMD ["serve"]
