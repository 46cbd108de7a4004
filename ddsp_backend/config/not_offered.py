"""Names of the reference that mean nothing here yet, so that a config that uses one hears so and not "did you mean"."""

# fmt: off
NOT_OFFERED = frozenset({
    "AggregateFeaturesEncoder", "BaseMultiProvider", "ConditionalNorm", "DilatedConvDecoder", "DilatedConvStack",
    "ExperimentalDataProvider", "ExpressionEncoder", "Fc", "FcStack", "FcStackOut", "HarmonicToMidiEncoder",
    "Identity", "InverseSynthesis", "LegacyTFRecordProvider", "MfccEncoder", "MfccRnnEncoder",
    "MfccTimeDistributedRnnEncoder", "MidiAutoencoder", "MidiAutoencoderEvaluator", "MidiDecoder", "MidiEncoder",
    "MidiHeuristicEvaluator", "MidiToHarmonicDecoder", "MixedProvider", "NSynthTfds", "NormReluConv", "Normalize",
    "OneHotEncoder", "PolyphaseResample", "ResNet", "ResidualLayer", "ResidualStack", "ResnetSinusoidalEncoder",
    "Rnn", "RnnFc", "RnnSandwich", "SingleGru", "SinusoidalToHarmonicEncoder", "StatelessRnn", "SyntheticNotes",
    "TWMEvaluator", "Urmp", "UrmpMidi", "VectorQuantization", "ZMidiAutoencoder", "ZippedProvider",
    "segment_notes_batch", "split_to_dict",
})
# fmt: on
