# SPDX-License-Identifier: GPL-2.0-or-later
"""ocf:baton:sever as an OCF agent: missing kernel features and privileges, parameters, meta-data, the stock
tester."""
import re
import socket
import subprocess

import pytest

import sever_agent
from conftest import AGENT_SEVER
from sever_agent import CONFIGURED, INSTALLED, IPV4, NOBODY, NOT_RUNNING, PERM, UNIMPLEMENTED, rules

# pytest finds fixtures by their names here.
agent, knfsd = sever_agent.agent, sever_agent.knfsd

# --- kernels and rights ---------------------------------------------------------------------


@pytest.mark.parametrize("what,line", [
    ("destroy", "sever: this kernel cannot destroy sockets (CONFIG_INET_DIAG_DESTROY): "
     "Operation not supported"),
    ("tcp_diag", "list TCP sockets: no tcp_diag in this kernel: No such file or directory"),
    ("nf_tables", "open nfnetlink: Protocol not supported")])
def test_a_kernel_that_cannot(agent, net, knfsd, kernel_without, what, line):
    """Start refuses, so there is nothing to stop, and the rest of the group goes on serving."""
    env = kernel_without(what)
    c, s = net.connect(net.listen("service1", socket.AF_INET))
    knfsd.add("mine", c.getsockname(), "open")
    assert agent.reason("start", INSTALLED, env=env) == line
    assert agent.warnings("stop", env=env) == [f"nothing to stop: {line}"]
    assert agent.reason("monitor", NOT_RUNNING, env=env) == line
    assert rules(net) == "" and knfsd.ended() == [] and knfsd.unlock.read_text() == ""
    c.send(b"x")
    assert s.recv(1) == b"x"


def test_a_check_of_a_kernel_that_cannot_destroy(agent, cannot_destroy):
    assert agent.reason("validate-all", INSTALLED, level=10, env=cannot_destroy) == \
        "sever: this kernel cannot destroy sockets (CONFIG_INET_DIAG_DESTROY): " \
        "Operation not supported"


def test_a_check_of_a_kernel_that_leaves_orphans(agent, net, kernel_without):
    """Else the first stop would find out; it leaves stale sockets, for which the agent is there."""
    env = kernel_without("orphans")
    assert agent.run("validate-all", level=10) == ""
    assert agent.run("validate-all", env=env) == ""
    # Where it cannot be tried, nothing is said.
    net.ip("service1", "link set lo down")
    assert agent.run("validate-all", level=10, env=env) == ""
    net.ip("service1", "link set lo up")
    assert agent.reason("validate-all", INSTALLED, level=10, env=env).startswith(
        "this kernel does not destroy connections that no process holds: sever: 1 connections are left")


def test_root_who_may_not(agent, net):
    net.connect(net.listen("service1", socket.AF_INET))
    less = ["setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin"]
    said, = agent.warnings("stop", prefix=less)
    assert said.startswith("nothing to stop: ") and said.endswith("Operation not permitted")
    assert agent.reason("start", INSTALLED, prefix=less).endswith("Operation not permitted")
    assert net.states() == ["ESTAB"]


def test_not_root(agent, tmp_path):
    for action in ("start", "stop", "monitor", "validate-all"):
        said = agent.reason(action, PERM, prefix=[*copied(tmp_path), *NOBODY])
        assert said == "not running as root"


def copied(folder):
    """For users who may not look into our folders: covers the agent's own folder."""
    return ["unshare", "-m", "sh", "-c", f"chmod 755 {folder} && mount -t tmpfs -o mode=755 x "
            f"/mnt && cp {AGENT_SEVER} /mnt/sever && shift && exec \"$@\"", "sh", "x"]


# --- the tables -----------------------------------------------------------------------------


@pytest.mark.parametrize("wrong,why", [
    ({"address": ""}, "the parameter address is missing"),
    ({"address": "nfs.example.org"}, "address: 'nfs.example.org' is not an address"),
    ({"address": "192.0.2.50/24"}, "address: '192.0.2.50/24' is not an address"),
    ({"address": "0.0.0.0"}, "address: '0.0.0.0' is unspecified"),
    ({"address": "127.0.0.1"}, "address: '127.0.0.1' is a loopback address"),
    ({"address": "fe80::50"}, "address: 'fe80::50' is link-local"),
    ({"address": f"::ffff:{IPV4}"},
     f"address: '::ffff:{IPV4}' is an IPv4 address in IPv6 notation"),
    ({"port": "0"}, "port: '0' is not 1 to 65535"),
    ({"port": "nfs"}, "port: 'nfs' is not 1 to 65535"),
    ({"state": "relative/path"}, "state: 'relative/path' is not an absolute path"),
    ({"state": "/" + "x" * 4000}, "state: '/" + "x" * 59 + "' is not an absolute path"),
    ({"release": "maybe"}, "release: 'maybe' is neither yes nor no"),
    ({"tickle": "y n"}, "tickle: 'y n' is neither yes nor no"),
])
def test_bad_parameter(agent, net, wrong, why):
    """A stop must not fail: after a probe that fails, Pacemaker stops it everywhere, and fences."""
    for action in ("start", "monitor", "validate-all"):
        assert agent.reason(action, CONFIGURED, **wrong) == why
    assert agent.warnings("stop", **wrong) == [f"nothing to stop: {why}"]
    assert rules(net) == ""


@pytest.mark.parametrize("word", ["yes", "True", "1", "on", "no", "FALSE", "0", "off"])
def test_yes_and_no(agent, word):
    assert agent.run("validate-all", release=word, tickle=word) == ""


def test_metadata_with_nothing(agent):
    agent.run("meta-data", address=None)
    text = agent.stdout
    assert "<version>1.0</version>" in text and "ocf:baton:service" in text
    assert re.findall(r'<parameter name="(\w+)" unique="(\d)" required="(\d)">', text) == [
        ("address", "1", "1"), ("port", "0", "0"), ("state", "0", "1"), ("release", "0", "0"),
        ("tickle", "0", "0")]
    assert '<content type="boolean" default="yes"/>' in text


def test_usage(agent):
    agent.run("usage")
    assert "Actions: start stop monitor validate-all meta-data" in agent.stdout
    assert agent.reason("promote", UNIMPLEMENTED) == \
        "unknown action 'promote'; `sever usage` lists them"


# --- conformance ------------------------------------------------------------------------------


def test_ocf_tester(agent, net):
    """The stock tester, in the head's namespace: each action twice, the meta-data, the rest."""
    done = subprocess.run(["ip", "netns", "exec", net.ns("service1"), "ocf-tester", "-v", "-n", "x",
                           "-o", f"address={IPV4}", "-o", f"state={agent.state}", AGENT_SEVER],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "passed all tests" in done.stdout, done
    # ocf-tester does not count what xmllint reports as an error of its own.
    assert "validity error" not in done.stdout + done.stderr


@pytest.mark.parametrize("how", [["--valid"], ["--relaxng", "metadata.rng"]], ids=["DTD", "RNG"])
def test_metadata_by_the_schemas(agent, how):
    agent.run("meta-data", address=None)
    subprocess.run(["xmllint", "--noout", "--nonet", *how, "-"], input=agent.stdout, text=True,
                   check=True, cwd="/usr/share/resource-agents")
