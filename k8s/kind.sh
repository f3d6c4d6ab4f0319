# `make kind`: a cluster of Docker containers, our images and the overlay for kind in it, and a first run to its report.
# Running it again builds, loads and installs what has changed. `kind delete cluster --name ltk8s` removes all of it.
set -eu
cd "$(dirname "$0")/.."

CLUSTER=${KIND_CLUSTER:-ltk8s}
export LTK8S_CLUSTER="kind-$CLUSTER"
LTK8S=${LTK8S:-ltk8s}

stop() { echo "make kind: $1" >&2; exit 1; }
say() { printf '\n== %s\n' "$1"; }
kubectl_() { kubectl --context "$LTK8S_CLUSTER" --namespace ltk8s "$@"; }

for tool in docker kind kubectl; do
  command -v "$tool" > /dev/null || stop "$tool is not installed. It needs docker, kind and kubectl; without them, see \`make demo\`."
done
docker info > /dev/null 2>&1 || stop "Docker does not answer. Start it, or join its group; \`docker info\` says more."

if ! kind get clusters 2> /dev/null | grep -qx "$CLUSTER"; then
  say "A cluster"
  kind create cluster --name "$CLUSTER" --wait 3m
fi

revision=$(git describe --always --dirty 2> /dev/null || echo unknown)
for target in controller worker; do
  say "The image ltk8s/$target:dev"
  docker build --target "$target" --tag "ltk8s/$target:dev" --build-arg "REVISION=$revision" .
  kind load docker-image "ltk8s/$target:dev" --name "$CLUSTER"
done

say "The installation"
kubectl_ delete job minio-init --ignore-not-found
kubectl_ apply --kustomize k8s/overlays/kind
kubectl_ wait --for condition=Complete job/minio-init --timeout 6m  # it makes the bucket, and is gone a minute later
kubectl_ rollout restart deployment/ltk8s-controller  # the tag is the same, what is behind it may not be
kubectl_ rollout status statefulset/minio --timeout 5m
kubectl_ rollout status deployment/ltk8s-controller --timeout 5m

say "A first run"
"$LTK8S" data stage glyphs50
"$LTK8S" doctor
"$LTK8S" submit baseline --dataset glyphs50 --ratio 0.02 --profile laptop --wait
"$LTK8S" report

say "Done. Next: export LTK8S_CLUSTER=$LTK8S_CLUSTER; . .venv/bin/activate; ltk8s submit stack-wl --dataset glyphs50 --ratio 0.02 --profile laptop"
