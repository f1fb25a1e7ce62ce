# SPDX-License-Identifier: GPL-2.0-or-later
"""What is in use stays in use: a restarted keeper does not go by a file that was edited meanwhile."""
import os
import platform

import pytest

import fakekeeper
from conftest import until
from fakekeeper import RUN

# pytest finds fixtures by their names here.
keeper = fakekeeper.keeper


def edit(keeper, *lines, exports="export = / *(rw)"):
    return keeper.house.write(exports="\n".join([exports, *lines]))


def facts(keeper):
    """What the keeper finds set up; a look that takes longer than 1.5 s has none."""
    return until(lambda: keeper.ask({"do": "heads"})["heads"][0].get("facts"))


def in_use(keeper):
    with open(f"{keeper.root}{RUN}/served.conf") as f:
        return f.read()


@pytest.mark.parametrize("text", ["threads = 4\n", "nonsense\n"])
def test_a_restart_over_an_edited_file_changes_nothing(keeper, text):
    keeper.be()
    keeper.baton("start", "vmstore")
    digest, before = keeper.ask({"do": "status"})["digest"], in_use(keeper)
    path = edit(keeper)
    path.write_text(path.read_text() + text)
    assert keeper.end() == 0
    keeper.be()
    assert keeper.ask({"do": "status"})["digest"] == digest and in_use(keeper) == before
    told = facts(keeper)
    assert told["file_edited"] and told["software"]["kernel"] == platform.release()
    if text == "nonsense\n":
        assert told["file_error"] == f"{path}:6: is neither 'key = value' nor '[service]'"
    # It can be stopped, with the keeper and without.
    assert keeper.end() == 0
    assert keeper.baton("stop", "vmstore", "-n").startswith("vmstore: ")
    keeper.be()
    assert keeper.baton("stop", "vmstore") == "vmstore: stopped, in standby\n"
    keeper.end()
    # From standby on, a new keeper takes the file as it is.
    if text != "nonsense\n":
        keeper.be()
        assert in_use(keeper) == path.read_text()
        assert not facts(keeper)["file_edited"]


@pytest.mark.parametrize("text", [None, "nonsense\n", ""])
def test_without_a_copy_the_file_counts(keeper, text):
    """As after an upgrade from a version that kept none."""
    keeper.be()
    keeper.baton("start", "vmstore")
    keeper.end()
    copy = f"{keeper.root}{RUN}/served.conf"
    if text is None:
        os.unlink(copy)
    else:
        with open(copy, "w") as f:
            f.write(text)
    path = edit(keeper, "threads = 4")
    keeper.be()
    assert in_use(keeper) == path.read_text()
