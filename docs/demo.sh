# The demo, step by step; `make demo` runs it. LTK8S is the command, LTK8S_STATE_DIR where everything goes.
set -eu
export LTK8S_CLUSTER=local  # whatever cluster this machine is connected to

printf '\n1. Stage a part of the built-in long-tailed images\n\n'
"$LTK8S" data stage glyphs50 --from glyphs50 --per-class 200

printf '\n2. Train seven networks, fuse them into three predictors, and compare\n\n'
"$LTK8S" submit baseline stack-wl stack-la --dataset glyphs50 --ratio 0.02 --profile laptop

"$LTK8S" report --to "$LTK8S_STATE_DIR/report" >/dev/null

cat <<NEXT

Where things are
  $LTK8S_STATE_DIR/report    the table as Markdown, CSV and JSON
  $LTK8S_STATE_DIR/store     every checkpoint, prediction, log and result

On to your own images (a folder, zip or tar with one folder a class)
  . .venv/bin/activate
  ltk8s data stage mine --from path/to/images --size 128
  ltk8s data show mine
  ltk8s submit baseline stack-wl stack-la --dataset mine --ratio full

The glyphs are for a first look; they stand for nothing in the world. Measurements on CIFAR are in docs/results/.
NEXT
