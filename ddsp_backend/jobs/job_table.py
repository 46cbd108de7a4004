"""The jobs: one row for each, and all that the rest of the program has to know of it.

A new job is a spec (`jobs/spec.py`), a row here, and the generator that the row names.
"""

from enum import StrEnum


class Lane(StrEnum):
    """Jobs of one lane run one after the other in the window, and lanes beside each other."""

    HEAVY = "heavy"  # each wants the whole machine
    RENDERING = "rendering"
    LISTENING = "listening"
    SETTINGS = "settings"
    HOSTS = "hosts"
    MACHINES = "machines"
    CLOUD_STORAGE = "cloud storage"


class JobKind(StrEnum):
    """What a job does. The values are the names of the specs' classes, as job folders and journals hold them.

    Args:
      spec: Name of the spec's class.
      entry_point: "module:generator". Named as text, so that asking for one job does not import the others' libraries.
      label: What the window and the terminal say while it works.
      noun: What it is called in a sentence that says how it ended: "The training was stopped by ...".
      lane: Which jobs it waits for in the window.
      compiles: Whether it runs a model, and so wants the compiled kernels and the memory of earlier steps kept.
    """

    entry_point: str
    label: str
    noun: str
    lane: Lane
    compiles: bool

    def __new__(
        cls,
        spec: str,
        entry_point: str = "",
        label: str = "Working",
        noun: str = "job",
        lane: Lane = Lane.HEAVY,
        compiles: bool = False,
    ) -> "JobKind":
        kind = str.__new__(cls, spec)
        kind._value_ = spec
        kind.entry_point, kind.label, kind.noun, kind.lane, kind.compiles = entry_point, label, noun, lane, compiles
        return kind

    UNKNOWN = ""  # its spec cannot be read, or is of a later version
    INSPECT = (
        "InspectSpec",
        "ddsp_backend.inspection.job:inspect",
        "Looking at recordings",
        "looking at the recordings",
        Lane.LISTENING,
    )
    GENERATE = (
        "GenerateSpec",
        "ddsp_backend.data.demo_instrument:generate",
        "Making the demo",
        "generating the demo instrument",
    )
    GENERATE_NOTES = (
        "GenerateNotesSpec",
        "ddsp_backend.config.invented_data_set:write_notes",
        "Generating notes",
        "generating the notes",
    )
    PREPARE = ("PrepareSpec", "ddsp_backend.data.preparation:prepare", "Preparing", "preparation")
    DESCRIBE = (
        "DescribeSpec",
        "ddsp_backend.config.description:list_settings",
        "Reading the settings",
        "list of settings",
        Lane.SETTINGS,
    )
    TRAIN = ("TrainSpec", "ddsp_backend.training.loop:train", "Training", "training", Lane.HEAVY, True)
    EVALUATE = (
        "EvaluateSpec",
        "ddsp_backend.evaluation.loop:evaluate",
        "Measuring the model",
        "evaluation",
        Lane.HEAVY,
        True,
    )
    SAMPLE = (
        "SampleSpec",
        "ddsp_backend.evaluation.loop:sample",
        "Playing what it has not heard",
        "resynthesis of the clips",
        Lane.HEAVY,
        True,
    )
    PLAY_CHECKPOINT = (
        "PlayCheckpointSpec",
        "ddsp_backend.reporting.kept_clips:play",
        "Playing the phrases",
        "playing the phrases",
        Lane.RENDERING,
        True,
    )
    RENDER = ("RenderSpec", "ddsp_backend.live.midi_render:play_file", "Rendering", "rendering", Lane.RENDERING, True)
    EXPORT = (
        "ExportSpec",
        "ddsp_backend.plugin.exporting:export",
        "Exporting the model",
        "export",
        Lane.RENDERING,
    )
    SEND_TO_PLUGIN = (
        "PluginSpec",
        "ddsp_backend.plugin.job:send",
        "Sending to DDSP-VST",
        "sending to DDSP-VST",
        Lane.RENDERING,
    )
    SHARE = (
        "ShareSpec",
        "ddsp_backend.sharing.packing:share",
        "Writing the file to share",
        "sharing the model",
        Lane.RENDERING,
    )
    IMPORT = (
        "ImportSpec",
        "ddsp_backend.sharing.unpacking:take_in",
        "Opening the shared model",
        "opening the shared model",
        Lane.RENDERING,
    )
    LIST_BUCKET = (
        "ListBucketSpec",
        "ddsp_backend.cloud.browsing:look_into",
        "Looking into Cloud Storage",
        "list of Cloud Storage",
        Lane.CLOUD_STORAGE,
    )
    COPY_FOLDER = ("CopyFolderSpec", "ddsp_backend.cloud.copying:copy", "Copying", "copy", Lane.CLOUD_STORAGE)
    MEET_HOST = (
        "HostSpec",
        "ddsp_backend.remote.probe_job:probe_host",
        "Looking at the computer",
        "look at the computer",
        Lane.HOSTS,
    )
    CREATE_MACHINE = (
        "CreateMachineSpec",
        "ddsp_backend.machines.provisioning:create",
        "Creating the machine",
        "creation of the machine",
        Lane.MACHINES,
    )
    LIST_MACHINES = (
        "ListMachinesSpec",
        "ddsp_backend.machines.provisioning:list_machines",
        "Looking for machines",
        "list of machines",
        Lane.MACHINES,
    )
    JOIN_MACHINE = (
        "JoinMachineSpec",
        "ddsp_backend.machines.provisioning:join",
        "Connecting to the machine",
        "connection to the machine",
        Lane.MACHINES,
    )
    DELETE_MACHINE = (
        "DeleteMachineSpec",
        "ddsp_backend.machines.provisioning:delete",
        "Deleting the machine",
        "deletion of the machine",
        Lane.MACHINES,
    )

    @classmethod
    def _missing_(cls, value: object) -> "JobKind":
        return cls.UNKNOWN
