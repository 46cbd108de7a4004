"""Names of the reference that mean nothing here yet, so that a config that uses one hears so and not "did you mean"."""

NOT_OFFERED = frozenset({"BaseMultiProvider", "ExperimentalDataProvider"})
