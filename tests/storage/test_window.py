"""Cloud Storage in the window: the real dialog, Google's client in its own process, an emulator."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.application import TimbreStudio
from app.state.bucket import BucketDialogState, Doing, folder_for, parent_of
from app.views.bucket_dialog import BucketDialog
from app.views.look import style_sheet
from tests.gui.conftest import PATIENCE, close
from tests.recordings import tone, write
from tests.storage.cloud import BUCKET, Cloud

FOLDER = f"gs://{BUCKET}/takes"


@pytest.fixture
def studio(client_cloud: Cloud, tmp_path: Path, qtbot: QtBot) -> Iterator[TimbreStudio]:
    studio = TimbreStudio(tmp_path / "library", tmp_path / "settings.json")
    studio.window.setStyleSheet(style_sheet())
    studio.show()
    qtbot.waitUntil(lambda: not studio.studio.is_reading, timeout=PATIENCE)
    yield studio
    close(studio, qtbot)


def look(studio: TimbreStudio, folder: str, qtbot: QtBot) -> BucketDialog:
    if studio.bucket_controller.dialog is None:
        studio.data_page.large_zone.bucket_button.click()
    dialog = studio.bucket_controller.dialog
    assert dialog is not None
    dialog.address.setText(folder)
    dialog.look_button.click()
    settle(studio, qtbot)
    return dialog


def settle(studio: TimbreStudio, qtbot: QtBot) -> None:
    qtbot.waitUntil(studio.studio.queue.is_idle, timeout=PATIENCE)


def listed(dialog: BucketDialog) -> list[str]:
    return [dialog.list.item(row).text().split("  ")[0] for row in range(dialog.list.count())]


def test_that_a_folder_is_found_copied_and_added(
    studio: TimbreStudio, client_cloud: Cloud, tmp_path: Path, qtbot: QtBot
) -> None:
    write(tmp_path / "one.wav", tone(4.0))
    client_cloud.put("takes/dry/one.wav", (tmp_path / "one.wav").read_bytes())
    client_cloud.put("takes/notes.txt", b"of the session")

    dialog = look(studio, f"gs://{BUCKET}", qtbot)
    assert listed(dialog) == ["takes"]
    dialog.list.itemActivated.emit(dialog.list.item(0))
    settle(studio, qtbot)
    assert listed(dialog) == ["dry", "notes.txt"]
    assert dialog.address.text() == FOLDER
    assert not dialog.send_button.isVisible()

    dialog.fetch_button.click()
    qtbot.waitUntil(lambda: studio.bucket_controller.dialog is None, timeout=PATIENCE)
    here = tmp_path / "library" / "From Cloud Storage" / BUCKET / "takes"
    assert (here / "dry" / "one.wav").read_bytes() == (tmp_path / "one.wav").read_bytes()
    qtbot.waitUntil(lambda: studio.studio.session is not None, timeout=PATIENCE)
    assert studio.studio.session.instrument.inputs == (str(here),)
    qtbot.waitUntil(lambda: not studio.studio.session.is_looking, timeout=PATIENCE)
    assert [Path(file.path).name for file in studio.studio.session.intake.files if not file.refusal] == ["one.wav"]


def test_that_a_data_set_is_copied_up(studio: TimbreStudio, client_cloud: Cloud, tmp_path: Path, qtbot: QtBot) -> None:
    write(tmp_path / "one.wav", tone(4.0))
    studio.window.dropped.emit((str(tmp_path / "one.wav"),))
    qtbot.waitUntil(lambda: studio.studio.session is not None, timeout=PATIENCE)
    data = studio.studio.session.instrument.data_prefix
    data.parent.mkdir(parents=True, exist_ok=True)
    shard = data.with_name(f"{data.name}-00000-of-00001")
    shard.write_bytes(b"examples")
    settle(studio, qtbot)

    studio.data_page.recordings.bucket_action.trigger()
    dialog = studio.bucket_controller.dialog
    assert dialog is not None
    dialog.address.setText(f"gs://{BUCKET}/sets/violin")
    dialog.send_button.click()
    settle(studio, qtbot)
    assert "every file verified" in dialog.message.text()
    assert client_cloud.get(f"sets/violin/{shard.name}") == b"examples"


def test_that_a_refusal_stands_in_the_dialog(studio: TimbreStudio, client_cloud: Cloud, qtbot: QtBot) -> None:
    client_cloud.refuse("forbidden", 403)
    dialog = look(studio, "gs://forbidden/takes", qtbot)
    assert "You have no permission for gs://forbidden/takes" in dialog.message.text()
    assert "Storage Object Admin" in dialog.hint.text()
    dialog = look(studio, "takes", qtbot)
    assert "begins with gs://" in dialog.hint.text()
    assert not dialog.fetch_button.isEnabled()


def test_that_the_way_up_ends_at_the_buckets() -> None:
    assert parent_of("gs://studio/takes/dry/") == "gs://studio/takes"
    assert parent_of("gs://studio") == "gs://"
    assert parent_of("gs://") == "gs://"


def test_that_no_folder_of_a_bucket_leads_out_of_the_library(tmp_path: Path) -> None:
    assert folder_for(tmp_path, "gs://studio/../../takes") == tmp_path / "From Cloud Storage" / "studio" / "takes"


def test_that_a_bucket_itself_may_be_copied_but_not_all_of_them() -> None:
    assert not BucketDialogState(Doing.NOTHING, "gs://").can_fetch
