"""The file of channels: what it may say, and every fault of it at once, without a secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.telling.conftest import OLDER, SECRET, whsec
from toxmon import notify
from toxmon.channels import Channel, ChannelError, listening, load_channels

GOOD = f"""
[[channel]]
name = "ward phone"
kind = "notify"
url_file = "phone.url"

[[channel]]
name = "ehr"
kind = "webhook"
url = "https://ehr.site/hook"
secret = ["{whsec(SECRET)}", "{whsec(OLDER)}"]
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "channels.toml"
    path.write_text(text, "utf-8")
    (folder / "phone.url").write_text("ntfys://canary@push.site/ward\n", "utf-8")
    return path


def test_a_file_of_channels(tmp_path: Path) -> None:
    found = load_channels(written(tmp_path, GOOD))
    assert found == {
        "ward phone": Channel("ward phone", "notify", "ntfys://canary@push.site/ward"),
        "ehr": Channel("ehr", "webhook", "https://ehr.site/hook", (SECRET, OLDER), all=True),
    }
    assert [each.name for each in listening(found)] == ["ehr"]
    assert notify.refusals(found) == []
    assert "canary" not in repr(found)
    assert whsec(SECRET) not in repr(found)
    assert load_channels(None) == {}


HOOK = f'[[channel]]\nname = "ehr"\nkind = "webhook"\nsecret = "{whsec(SECRET)}"\n'
PHONE = '[[channel]]\nname = "phone"\nkind = "notify"\n'

# what stands in the file, what is said
REFUSED = (
    ("", "there is no [[channel]]"),
    ("channel = 1", "[[channel]]"),
    ("[[chanel]]\nname = 'x'", "chanel: is not known"),
    ("[[channel", "channels.toml"),
    (PHONE, "url: write one address"),
    (PHONE + 'url = "no address"', "an address of Apprise"),
    (PHONE + 'url = "a://b"\nurl_file = "phone.url"', "stand both"),
    (PHONE + 'url_file = "nowhere"', "cannot read nowhere"),
    (PHONE + f'url = "ntfy://a"\nsecret = "{whsec(SECRET)}"', "only a webhook is signed"),
    (PHONE + 'url = "ntfy://a"\nunit = "bmt-1"', "unit is not known"),
    (PHONE + 'url = "ntfy://a"\nall = "yes"', "all: write true or false"),
    (PHONE.replace('"phone"', '""') + 'url = "ntfy://a"', "name: write a name"),
    (PHONE.replace("notify", "pager") + 'url = "ntfy://a"', "kind: write notify or webhook"),
    (2 * (PHONE + 'url = "ntfy://a"\n'), "there are two of that name"),
    (HOOK + 'url = "ftp://ehr.site/"', "https://host/path"),
    (HOOK + 'url = "https://u:canary@ehr.site/"', "leave out user"),
    (HOOK + 'url = "https://ehr.site:99999/"', "is not an address"),
    (HOOK + 'url = "https://ehr.site/ä"', "ASCII"),
    (HOOK.replace("whsec_", "") + 'url = "https://ehr.site/"', "whsec_"),
    (HOOK.replace(whsec(SECRET), whsec(b"canary")) + 'url = "https://e.site/"', "24 to 64"),
    (HOOK.replace(f'"{whsec(SECRET)}"', "[]") + 'url = "https://e.site/"', "secret"),
)


@pytest.mark.parametrize(("text", "words"), REFUSED)
def test_a_file_that_cannot_be_used(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ChannelError) as said:
        load_channels(written(tmp_path, text))
    assert words in str(said.value)
    assert "canary" not in str(said.value)
    assert whsec(SECRET) not in str(said.value)


def test_every_fault_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(ChannelError) as said:
        load_channels(written(tmp_path, PHONE + HOOK))
    assert 'channel "phone": url' in str(said.value)
    assert 'channel "ehr": url' in str(said.value)


def test_an_address_that_apprise_does_not_know() -> None:
    (said,) = notify.refusals({"phone": Channel("phone", "notify", "nosuch://canary")})
    assert 'channel "phone"' in said
    assert "canary" not in said
