import numpy as np
import pytest
import tensorflow as tf

from ddsp_backend.errors import ConfigError
from ddsp_backend.models.decoders import RnnFcDecoder

SPLITS = (("amps", 1), ("harmonic_distribution", 5), ("noise_magnitudes", 3))


def decoder(**changes):
    tf.random.set_seed(0)
    return RnnFcDecoder(
        **{
            "rnn_channels": 8,
            "ch": 6,
            "layers_per_stack": 1,
            "input_keys": ("ld_scaled", "f0_scaled"),
            "output_splits": SPLITS,
            **changes,
        }
    )


def features(n_frames: int = 20) -> dict[str, tf.Tensor]:
    random = np.random.default_rng(0)
    return {key: tf.constant(random.random([2, n_frames, 1]), tf.float32) for key in ("ld_scaled", "f0_scaled")}


def test_that_outputs_are_split_as_asked():
    assert {key: value.shape.as_list() for key, value in decoder()(features()).items()} == {
        "amps": [2, 20, 1],
        "harmonic_distribution": [2, 20, 5],
        "noise_magnitudes": [2, 20, 3],
    }


@pytest.mark.parametrize("changes", [{}, {"rnn_type": "lstm"}, {"layers_per_stack": 0}])
def test_that_decoding_in_pieces_gives_what_it_gives_in_one(changes):
    made = decoder(**changes)
    whole = made(features())
    state, pieces = None, []
    for begin, end in ((0, 7), (7, 8), (8, 20)):
        piece, state = made.step({key: value[:, begin:end] for key, value in features().items()}, state)
        pieces.append(piece)
    for key, value in whole.items():
        np.testing.assert_allclose(tf.concat([piece[key] for piece in pieces], 1), value, atol=1e-5)


def test_that_a_stateless_decoder_takes_and_gives_its_state():
    made = decoder(stateless=True)
    outputs = made({**features(), "state": made.initial_state(2)})
    assert outputs["state"].shape == [2, 8]
    again = made({**features(), "state": outputs["state"]})
    assert not np.allclose(again["amps"], outputs["amps"])


def test_that_a_missing_input_is_named_with_its_setting():
    with pytest.raises(ConfigError, match=r"input_keys names pw_scaled, but .* give only f0_scaled, ld_scaled"):
        decoder(input_keys=("pw_scaled", "f0_scaled"))(features())


def test_that_inputs_of_different_length_are_named():
    with pytest.raises(ConfigError, match=r"ld_scaled has 20 frames and f0_scaled has 10"):
        decoder()({"ld_scaled": features(20)["ld_scaled"], "f0_scaled": features(10)["f0_scaled"]})


# The interpreter in TensorFlow announces its move to a package of its own; the plugin's runtime is neither of them.
@pytest.mark.filterwarnings("ignore:.*tf.lite.Interpreter is deprecated:UserWarning")
def test_that_one_step_converts_to_a_tflite_file_of_builtin_operations(tmp_path):
    """What the plugin's export stands on: the module's own variables are frozen into the file."""
    made = decoder()
    made(features())
    module = tf.Module()
    module.decoder = made

    @tf.function(
        autograph=False,
        input_signature=[
            tf.TensorSpec([1], tf.float32, "f0_scaled"),
            tf.TensorSpec([1], tf.float32, "ld_scaled"),
            tf.TensorSpec([8], tf.float32, "state"),
        ],
    )
    def call(f0_scaled, ld_scaled, state):
        inputs = {"f0_scaled": f0_scaled[None, :, None], "ld_scaled": ld_scaled[None, :, None]}
        outputs, state = made.step(inputs, state[None])
        return outputs["amps"][0, 0], state[0]

    module.call = call
    tf.saved_model.save(module, str(tmp_path / "saved"), signatures={"call": call})
    content = tf.lite.TFLiteConverter.from_saved_model(str(tmp_path / "saved"), signature_keys=["call"]).convert()
    interpreter = tf.lite.Interpreter(model_content=content)
    run = interpreter.get_signature_runner("call")
    state = np.zeros(8, np.float32)
    expected = made(features())["amps"]
    for t in range(5):
        found = run(
            f0_scaled=features()["f0_scaled"][0, t].numpy(),
            ld_scaled=features()["ld_scaled"][0, t].numpy(),
            state=state,
        )
        amps, state = found["output_0"], found["output_1"]
        np.testing.assert_allclose(amps, expected[0, t], atol=1e-5)


def test_that_a_mirrored_decoder_has_the_gradient_of_a_single_one():
    alone = decoder()
    alone(features())
    strategy = tf.distribute.MirroredStrategy(["cpu:0"])
    with strategy.scope():
        mirrored = decoder()
        mirrored(features())

    def gradient(made):
        with tf.GradientTape() as tape:
            loss = tf.add_n([tf.reduce_sum(value * value) for value in made(features()).values()])
        return tape.gradient(loss, made.trainable_variables)

    found = tf.function(lambda: strategy.run(lambda: gradient(mirrored)), autograph=False)()
    for mine, expected in zip(found, gradient(alone), strict=True):
        np.testing.assert_allclose(mine, expected, rtol=1e-4, atol=1e-5)
