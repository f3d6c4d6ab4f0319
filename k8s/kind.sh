# `make kind`: a cluster of Docker containers, our images and the overlay for kind in it, and a first run to its report.
# Running it again builds, loads and installs what has changed. `kind delete cluster --name ltk8s` removes all of it.
#
# It takes from the environment, or as `make kind KIND_…=…`:
#   KIND_CLUSTER     the cluster's name; ltk8s
#   KIND_IMAGE       the image of its node; what this kind takes by itself
#   KIND_BASE        the base of our images; the Dockerfile's is an official Python image
#   KIND_CA          a file of certificate authorities to trust while building; the images do not keep it
#   KIND_INDEX_URL   a package index for the build; the images do not keep it
#   KIND_BUILD_ARGS  more arguments for `docker build`, such as "--network host"
set -eu
cd "$(dirname "$0")/.."

CLUSTER=${KIND_CLUSTER:-ltk8s}
export LTK8S_CLUSTER="kind-$CLUSTER"
LTK8S=${LTK8S:-ltk8s}

stop() { echo "make kind: $1" >&2; exit 1; }
say() { printf '\n== %s\n' "$1"; }
kubectl_() { kubectl --context "$LTK8S_CLUSTER" --namespace ltk8s "$@"; }

# The index is a secret, since its URL may hold a password: arguments are printed, and everyone on this machine can read them.
build() {
  set -- --target "$1" --tag "ltk8s/$1:dev" --build-arg "REVISION=$revision"
  if [ -n "${KIND_BASE:-}" ]; then set -- "$@" --build-arg "BASE=$KIND_BASE"; fi
  if [ -n "${KIND_CA:-}" ]; then set -- "$@" --secret "id=ca,src=$KIND_CA" --build-arg SSL_CERT_FILE=/run/secrets/ca; fi
  if [ -n "${KIND_INDEX_URL:-}" ]; then set -- "$@" --secret id=index_url,env=KIND_INDEX_URL; fi
  # BuildKit is not the default of older Docker engines, and the older builder does not know `RUN --mount`.
  # shellcheck disable=SC2086  # they are several words
  DOCKER_BUILDKIT=1 docker build "$@" ${KIND_BUILD_ARGS:-} . \
    || stop "The image was not built. Behind a proxy or an index of your own, KIND_BASE, KIND_CA and KIND_INDEX_URL say what to take (docs/cluster.md)."
}

# minio-init has made Secret and bucket: it is complete, or has removed itself a minute later. One failure or two may pass.
wait_for_bucket() {
  for _ in $(seq 180); do
    case $(kubectl_ get job minio-init --ignore-not-found --output 'jsonpath={.status.succeeded}/{.status.failed}') in
      "" | 1/*) return 0 ;;
      */[3-9] | */[1-9][0-9]) return 1 ;;
    esac
    sleep 2
  done
  return 1
}

explain() {
  say "What the cluster says"
  kubectl_ get pods || true
  kubectl_ get events --field-selector type=Warning --output 'custom-columns=OBJECT:.involvedObject.name,WHY:.message' | tail -n 10
  kubectl_ logs --selector batch.kubernetes.io/job-name=minio-init --prefix --tail 20 || true
  stop "$1 Once that is mended, run it again: it goes on from here."
}

for tool in docker kind kubectl; do
  command -v "$tool" > /dev/null || stop "$tool is not installed. It needs docker, kind and kubectl; without them, see \`make demo\`."
done
docker info > /dev/null 2>&1 || stop "Docker does not answer. Start it, or join its group; \`docker info\` says more."
if [ -n "${KIND_CA:-}" ] && [ ! -r "$KIND_CA" ]; then stop "KIND_CA: the file $KIND_CA cannot be read. Name a PEM file, by its full path."; fi

if ! kind get clusters 2> /dev/null | grep -qx "$CLUSTER"; then
  say "A cluster"
  kind create cluster --name "$CLUSTER" ${KIND_IMAGE:+--image "$KIND_IMAGE"} --wait 3m
fi

revision=$(git describe --always --dirty 2> /dev/null || echo unknown)
for target in controller worker; do
  say "The image ltk8s/$target:dev"
  build "$target"
  kind load docker-image "ltk8s/$target:dev" --name "$CLUSTER"
done

say "The installation"
kubectl_ delete job minio-init --ignore-not-found
kubectl_ apply --kustomize k8s/overlays/kind
wait_for_bucket || explain "The Job minio-init, which makes the store's Secret and bucket, does not get through."
kubectl_ rollout restart deployment/ltk8s-controller  # the tag is the same, what is behind it may not be
kubectl_ rollout status statefulset/minio --timeout 5m || explain "MinIO does not start."
kubectl_ rollout status deployment/ltk8s-controller --timeout 5m || explain "The controller does not start."

say "A first run"
"$LTK8S" data stage glyphs50
"$LTK8S" doctor
"$LTK8S" submit baseline --dataset glyphs50 --ratio 0.02 --profile laptop --wait

say "Done. Next: export LTK8S_CLUSTER=$LTK8S_CLUSTER; . .venv/bin/activate; ltk8s submit stack-wl --dataset glyphs50 --ratio 0.02 --profile laptop"
