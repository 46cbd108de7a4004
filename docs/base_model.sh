#!/bin/sh
# Makes resources/base_models/streaming.npz again, from the root of the project:   docs/base_model.sh FOLDER-OF-RECORDINGS
# The folder holds a folder for each instrument. Those that end in -mit, and octave-check, are left out:
# resources/base_models/README.md says why.
set -eu
recordings=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
set --
for folder in "$recordings"/*/; do
    case "$folder" in *-mit/ | */octave-check/ | */LICENSES/) ;; *) set -- "$@" --input_audio_filepatterns "$folder" ;; esac
done
python=.venv/bin/python
$python -m ddsp_backend.cli.ddsp_prepare_tfrecord "$@" --output_tfrecord_path "$work/data" --frame_rate 50 --center \
    --tracker swift-f0 --eval_split_fraction 0.05 --chunk_secs 10
$python -m ddsp_backend.cli.ddsp_run --mode=train --save_dir="$work/run" --gin_file=presets/vst.gin \
    --gin_param="train_pattern = '$work/data-train*'" --gin_param="held_out_pattern = '$work/data-eval*'" \
    --gin_param="train.start_from = None" --gin_param="train.num_steps = 1500" --gin_param="train.seed = 0" \
    --gin_param="train.n_clips = 0"
$python -c "import sys; from pathlib import Path; from ddsp_backend.checkpoints.starting_point import weights_of_run, write_base_model
write_base_model(weights_of_run(sys.argv[1]), Path('resources/base_models/streaming.npz'))" "$work/run"
